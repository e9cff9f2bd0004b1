package import VMIRGraph

/// All that distinguishes one EDSR from another.
package struct EDSRConfiguration: NetworkConfiguration, Equatable {
  /// Residual blocks.
  package var blockCount: Int
  /// Output pixels per input pixel in each direction.
  package var scale: Int
  /// Features between the blocks.
  package var featureCount: Int
  /// What a block's result is multiplied with before it is added.
  package var residualScale: Double
  /// Channels of the picture.
  package var channels: Int
  var shift: MeanShift

  init(
    blockCount: Int, scale: Int, featureCount: Int, residualScale: Double, channels: Int = 3,
    shift: MeanShift = .published
  ) {
    self.blockCount = blockCount
    self.scale = scale
    self.featureCount = featureCount
    self.residualScale = residualScale
    self.channels = channels
    self.shift = shift
  }

  package var network: String { "EDSR" }

  package var variantID: String { "EDSR" }

  package var options: [NetworkOption] {
    [NetworkOption(name: "res_scale", value: "\(residualScale)")] + shift.networkOptions
  }

  package var task: RestorationTask { scale > 1 ? .superResolution : .restoration }

  package var convolutionAccuracy: ConvolutionAccuracy { .fast }

  /// Two convolutions a block, three around them, and the last, which sees less far; measured by
  /// gradients.
  package var tileRadius: Int? { 2 * blockCount + 4 }

  package var recipes: [String: TensorRecipe] {
    shift.recipes(featureCount: featureCount, channels: channels)
  }

  package var description: String {
    "EDSR x\(scale), \(blockCount) " + (blockCount == 1 ? "block" : "blocks")
      + ", \(featureCount) features, residual scale \(residualScale)"
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
    for block in 0..<blockCount {
      let name = "body.\(block)"
      let hidden = try builder.convolution(name + ".conv1", value, featureCount)
      let result = try builder.convolution(
        name + ".conv2", try builder.relu(name + ".conv1", hidden), featureCount)
      value = try builder.add(name + ".residual", result, value, factor: residualScale)
    }
    try Upsampling.addEnd(value, first: first, scale: scale, shift, &builder)
    return builder.graph
  }
}
