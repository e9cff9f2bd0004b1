package import VMIRGraph

/// All that distinguishes one SRVGGNetCompact from another.
package struct SRVGGConfiguration: NetworkConfiguration, Equatable {
  /// Convolutions between the first and the last.
  package var convolutionCount: Int
  /// Output pixels per input pixel in each direction.
  package var scale: Int
  /// Features between the convolutions.
  package var featureCount: Int
  /// Channels of the picture.
  package var channels: Int
  /// What stands between the convolutions.
  package var activation: PlainActivation

  /// A network with the published widths unless others are given.
  package init(
    convolutionCount: Int, scale: Int = 4, featureCount: Int = 64, channels: Int = 3,
    activation: PlainActivation = .prelu
  ) {
    self.convolutionCount = convolutionCount
    self.scale = scale
    self.featureCount = featureCount
    self.channels = channels
    self.activation = activation
  }

  package var network: String { "SRVGGNetCompact" }

  package var variantID: String { "SRVGGNetCompact" }

  package var options: [NetworkOption] {
    activation == .prelu ? [] : [NetworkOption(name: "act", value: activation.rawValue)]
  }

  package var task: RestorationTask { scale > 1 ? .superResolution : .restoration }

  package var convolutionAccuracy: ConvolutionAccuracy { .fast }

  /// One pixel for each convolution.
  package var tileRadius: Int? { convolutionCount + 2 }

  package var description: String {
    "SRVGGNetCompact x\(scale), \(convolutionCount + 2) convolutions, \(featureCount) features, "
      + activation.rawValue + (channels == 3 ? "" : ", \(channels) channels")
  }

  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    var builder = ConvolutionalBuilder(data: data)
    let input = builder.input(channels: channels)
    var value = input
    for index in 0...convolutionCount {
      let module = "body.\(2 * index)"
      value = try builder.convolution(module, value, featureCount)
      value = try builder.activated(module, slopes: "body.\(2 * index + 1)", value, activation)
    }
    try builder.addEnlargement(
      "body.\(2 * convolutionCount + 2)", value, of: input, scale: scale)
    return builder.graph
  }
}
