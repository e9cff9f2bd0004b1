package import VMIRGraph

/// All that distinguishes one RCAN from another.
package struct RCANConfiguration: NetworkConfiguration, Equatable {
  /// Groups of blocks.
  package var groupCount: Int
  /// Blocks of a group.
  package var blockCount: Int
  /// Output pixels per input pixel in each direction.
  package var scale: Int
  /// Features between the blocks.
  package var featureCount: Int
  /// Features inside the attention.
  package var squeezedCount: Int
  /// What a block's result is multiplied with before it is added.
  package var residualScale: Double
  /// Channels of the picture.
  package var channels: Int
  var shift: MeanShift

  init(
    groupCount: Int, blockCount: Int, scale: Int, featureCount: Int, squeezedCount: Int,
    residualScale: Double = 1, channels: Int = 3, shift: MeanShift = .published
  ) {
    self.groupCount = groupCount
    self.blockCount = blockCount
    self.scale = scale
    self.featureCount = featureCount
    self.squeezedCount = squeezedCount
    self.residualScale = residualScale
    self.channels = channels
    self.shift = shift
  }

  package var network: String { "RCAN" }

  package var variantID: String { "RCAN" }

  package var options: [NetworkOption] {
    [NetworkOption(name: "res_scale", value: "\(residualScale)")] + shift.networkOptions
  }

  package var task: RestorationTask { scale > 1 ? .superResolution : .restoration }

  package var convolutionAccuracy: ConvolutionAccuracy { .fast }

  package var recipes: [String: TensorRecipe] {
    shift.recipes(featureCount: featureCount, channels: channels)
  }

  package var description: String {
    "RCAN x\(scale), \(groupCount) x \(blockCount) blocks, \(featureCount) features, "
      + "\(squeezedCount) in the attention"
      + (residualScale == 1 ? "" : ", residual scale \(residualScale)")
      + (channels == 3 ? "" : ", \(channels) channels")
  }

  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    var builder = ConvolutionalBuilder(data: data)
    let input = builder.input(channels: channels)
    let first = try builder.convolution(
      "conv_first", try shift.shifted(input, &builder), featureCount)
    var value = first
    for group in 0..<groupCount {
      let start = value
      for block in 0..<blockCount {
        value = try self.block("body.\(group).residual_group.\(block).rcab", value, &builder)
      }
      let name = "body.\(group).conv"
      let end = try builder.convolution(name, value, featureCount)
      value = try builder.add(name + ".add", end, start)
    }
    try Upsampling.addEnd(value, first: first, scale: scale, shift, &builder)
    return builder.graph
  }

  private func block(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let hidden = try builder.convolution(name + ".0", input, featureCount)
    let result = try builder.convolution(
      name + ".2", try builder.relu(name + ".0", hidden), featureCount)
    let scaled = try builder.channelAttention(
      name + ".3", result, name + ".3.attention.1", name + ".3.attention.3",
      squeezed: squeezedCount)
    return try builder.add(name + ".residual", scaled, input, factor: residualScale)
  }
}
