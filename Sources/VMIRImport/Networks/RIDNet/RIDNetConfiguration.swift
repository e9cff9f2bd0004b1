package import VMIRGraph

/// All that distinguishes one RIDNet from another.
package struct RIDNetConfiguration: NetworkConfiguration, Equatable {
  /// Blocks, each with four dilated convolutions, two residual ones and attention.
  package var blockCount: Int
  /// Features between the blocks.
  package var featureCount: Int
  /// Features inside the attention.
  package var squeezedCount: Int
  /// Channels of the picture.
  package var channels: Int
  /// White as the network takes it; nil to tell it by the mean that it takes off.
  package var range: Double?

  /// A network of these widths.
  package init(
    blockCount: Int, featureCount: Int, squeezedCount: Int, channels: Int = 3,
    range: Double? = nil
  ) {
    self.blockCount = blockCount
    self.featureCount = featureCount
    self.squeezedCount = squeezedCount
    self.channels = channels
    self.range = range
  }

  package var network: String { "RIDNet" }

  package var variantID: String { "RIDNet" }

  package var options: [NetworkOption] {
    range.map { [NetworkOption(name: "img_range", value: "\($0)")] } ?? []
  }

  package var task: RestorationTask { .restoration }

  package var convolutionAccuracy: ConvolutionAccuracy { .fast }

  package var scale: Int { 1 }

  package var recipes: [String: TensorRecipe] {
    storedRangeRecipes(channels: channels, range: range)
  }

  package var description: String {
    "RIDNet, \(blockCount) " + (blockCount == 1 ? "block" : "blocks")
      + ", \(featureCount) features, \(squeezedCount) in the attention"
      + (channels == 3 ? "" : ", \(channels) channels")
  }

  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    var builder = ConvolutionalBuilder(data: data)
    let input = builder.input(channels: channels)
    let shifted = try builder.convolution("sub_mean", input, channels, kernel: 1)
    var value = try activated("head", shifted, &builder)
    for block in 0..<blockCount { value = try self.block("body.\(block)", value, &builder) }
    value = try builder.convolution("tail", value, channels)
    value = try builder.convolution("add_mean", value, channels, kernel: 1)
    builder.graph.addOutput(try builder.add("output", input, value))
    return builder.graph
  }

  private func activated(
    _ name: String, _ input: ValueID, dilation: Int = 1, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    try builder.relu(
      name, try builder.convolution(name, input, featureCount, dilation: dilation))
  }

  private func block(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    var branches: [ValueID] = []
    for (branch, dilations) in [(1, (1, 2)), (2, (3, 4))] {
      let module = "\(name).merge.dilation\(branch)"
      let first = try activated(module + ".0", input, dilation: dilations.0, &builder)
      branches.append(try activated(module + ".2", first, dilation: dilations.1, &builder))
    }
    let joined = try builder.graph.appendOne(
      .concatChannels(ConcatChannels()), branches, name: name + ".merge.concat")
    let merged = try activated(name + ".merge.aggregation.0", joined, &builder)
    var value = try builder.add(name + ".merge.add", merged, input)

    var hidden = try activated(name + ".block1.conv1", value, &builder)
    hidden = try builder.convolution(name + ".block1.conv2", hidden, featureCount)
    value = try builder.relu(
      name + ".block1", try builder.add(name + ".block1.add", hidden, value))

    hidden = try activated(name + ".block2.body.0", value, &builder)
    hidden = try activated(name + ".block2.body.2", hidden, &builder)
    hidden = try builder.convolution(name + ".block2.body.4", hidden, featureCount, kernel: 1)
    value = try builder.relu(
      name + ".block2", try builder.add(name + ".block2.add", hidden, value))

    return try builder.channelAttention(
      name + ".ca", value, name + ".ca.attention.1", name + ".ca.attention.3",
      squeezed: squeezedCount)
  }
}
