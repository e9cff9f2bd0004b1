package import VMIRGraph

/// All that distinguishes one MambaIRUNet from another.
package struct MambaIRUNetConfiguration: BuiltConfiguration, Equatable {
  /// Blocks one after another in one size.
  struct Stage: Equatable, Sendable {
    var count: Int
    var block: StateSpaceBlock
  }

  /// Names of the stages in the order that they are run, with their depth.
  static let stageNames = [
    ("encoder_level1", 0), ("encoder_level2", 1), ("encoder_level3", 2), ("latent", 3),
    ("decoder_level3", 2), ("decoder_level2", 1), ("decoder_level1", 1), ("refinement", 1),
  ]

  /// Channels of the first level.
  var dim: Int
  /// Channels of the picture.
  var channels = 3
  /// As in `stageNames`.
  var stages: [Stage]

  package var network: String { "MambaIR" }

  package var variantID: String { "MambaIRUNet" }

  package var task: RestorationTask { .restoration }

  package var scale: Int { 1 }

  package var sizeMultiple: Int { 8 }

  package var description: String {
    "MambaIRUNet, dim \(dim), blocks " + stages.map { "\($0.count)" }.joined(separator: "+")
      + ", states " + stages.map { "\($0.block.scan.states)" }.joined(separator: "+")
      + (channels == 3 ? "" : ", \(channels) channels")
  }

  func build(_ builder: inout ConvolutionalBuilder) throws(GraphError) {
    let input = builder.input(channels: channels)
    var value = try builder.convolution("patch_embed.proj", input, dim, hasBias: false)
    var kept: [ValueID] = []
    for level in 0..<3 {
      value = try stage(level, value, &builder)
      kept.append(value)
      value = try down("down\(level + 1)_\(level + 2)", value, &builder)
    }
    value = try stage(3, value, &builder)
    for level in [2, 1, 0] {
      value = try up("up\(level + 2)_\(level + 1)", value, &builder)
      value = try builder.graph.appendOne(
        .concatChannels(ConcatChannels()), [value, kept[level]],
        name: "concat_level\(level + 1)")
      if level > 0 {
        value = try builder.convolution(
          "reduce_chan_level\(level + 1)", value, dim << level, kernel: 1, hasBias: false)
      }
      value = try stage(6 - level, value, &builder)
    }
    value = try stage(7, value, &builder)
    value = try builder.convolution("output", value, channels, hasBias: false)
    builder.graph.addOutput(try builder.add("restored", value, input))
  }

  private func stage(
    _ index: Int, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    var value = input
    for block in 0..<stages[index].count {
      value = try stages[index].block.build(
        "\(MambaIRUNetConfiguration.stageNames[index].0).\(block)", value, &builder)
    }
    return value
  }

  /// Halves height and width and doubles the channels.
  private func down(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let value = try builder.convolution(
      name + ".body.0", input, builder.channels(input) / 2, hasBias: false)
    return try builder.node(
      name + ".body.1", .pixelUnshuffle(PixelUnshuffle(factor: 2)), value)
  }

  /// Doubles height and width and halves the channels.
  private func up(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let value = try builder.convolution(
      name + ".body.0", input, 2 * builder.channels(input), hasBias: false)
    return try builder.shuffle(name + ".body.1", value, 2)
  }
}

extension MambaIRUNetConfiguration {
  /// Reads it off the tensors.
  ///
  /// - Throws: `size`.
  init(_ table: TensorTable) throws(ImportError) {
    dim = try table.convolutionExtent("patch_embed.proj.weight", 0)
    channels = try table.convolutionExtent("patch_embed.proj.weight", 1)
    stages = []
    for (name, depth) in MambaIRUNetConfiguration.stageNames {
      stages.append(
        Stage(
          count: try table.indexCount(after: name + "."),
          block: try StateSpaceBlock(table, name + ".0", channels: dim << depth)))
    }
  }

  /// The published network: so many channels, blocks of the four levels and at the end.
  init(dim: Int, blocks: [Int], refinement: Int) {
    self.dim = dim
    stages = MambaIRUNetConfiguration.stageNames.enumerated().map { index, stage in
      Stage(
        count: index == 7 ? refinement : blocks[index < 4 ? index : 6 - index],
        block: StateSpaceBlock(channels: dim << stage.1, expansion: 1.5))
    }
  }
}
