package import VMIRGraph

/// All that distinguishes one MSRResNet from another.
package struct MSRResNetConfiguration: NetworkConfiguration, Equatable {
  /// Residual blocks.
  package var blockCount: Int
  /// Output pixels per input pixel in each direction: 2, 3 or 4.
  package var scale: Int
  /// Features between the blocks.
  package var featureCount: Int
  /// Channels of the picture.
  package var channels: Int

  /// A network with the published widths unless others are given.
  package init(blockCount: Int, scale: Int, featureCount: Int = 64, channels: Int = 3) {
    self.blockCount = blockCount
    self.scale = scale
    self.featureCount = featureCount
    self.channels = channels
  }

  package var network: String { "MSRResNet" }

  package var variantID: String { "MSRResNet" }

  package var task: RestorationTask { .superResolution }

  package var convolutionAccuracy: ConvolutionAccuracy { .fast }

  /// Two convolutions a block, the first, and those after the enlargement, which see less far;
  /// measured by gradients.
  package var tileRadius: Int? { 2 * blockCount + 3 }

  package var description: String {
    "MSRResNet x\(scale), \(blockCount) " + (blockCount == 1 ? "block" : "blocks")
      + ", \(featureCount) features" + (channels == 3 ? "" : ", \(channels) channels")
  }

  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    var builder = ConvolutionalBuilder(data: data)
    let input = builder.input(channels: channels)
    /// A convolution and LeakyReLU with slope 0.1.
    func activated(_ name: String, _ value: ValueID) throws(GraphError) -> ValueID {
      try builder.relu(
        name, try builder.convolution(name, value, featureCount), slope: 0.1)
    }
    var value = try activated("conv_first", input)
    for block in 0..<blockCount {
      let name = "body.\(block)"
      let first = try builder.convolution(name + ".conv1", value, featureCount)
      let second = try builder.convolution(
        name + ".conv2", try builder.relu(name + ".conv1", first), featureCount)
      value = try builder.add(name + ".residual", second, value)
    }
    let factors = scale == 4 ? [2, 2] : [scale]
    for (index, factor) in factors.enumerated() {
      let name = "upconv\(index + 1)"
      value = try builder.convolution(name, value, featureCount * factor * factor)
      value = try builder.shuffle(name + ".shuffle", value, factor)
      value = try builder.relu(name, value, slope: 0.1)
    }
    value = try activated("conv_hr", value)
    value = try builder.convolution("conv_last", value, channels)
    let base = try builder.graph.appendOne(
      .resizeBilinear(ResizeBilinear(factor: scale)), [input], name: "base")
    builder.graph.addOutput(try builder.add("output", value, base))
    return builder.graph
  }
}
