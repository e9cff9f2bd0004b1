package import VMIRGraph

/// All that distinguishes one SRVGGNetCompact from another.
package struct SRVGGConfiguration: NetworkConfiguration, Equatable {
  /// What stands between the convolutions.
  package enum Activation: String, Equatable, Sendable, CaseIterable {
    /// A trained slope for each channel.
    case prelu
    /// Slope 0.
    case relu
    /// Slope 0.1.
    case leakyrelu

    /// Those that leave no tensor.
    static let settable: [Activation] = [.relu, .leakyrelu]
  }

  /// Convolutions between the first and the last.
  package var convolutionCount: Int
  /// Output pixels per input pixel in each direction.
  package var scale: Int
  /// Features between the convolutions.
  package var featureCount: Int
  /// Channels of the picture.
  package var channels: Int
  /// What stands between the convolutions.
  package var activation: Activation

  /// A network with the published widths unless others are given.
  package init(
    convolutionCount: Int, scale: Int = 4, featureCount: Int = 64, channels: Int = 3,
    activation: Activation = .prelu
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
      switch activation {
      case .prelu: value = try builder.prelu("body.\(2 * index + 1)", value)
      case .relu: value = try builder.relu(module, value)
      case .leakyrelu: value = try builder.relu(module, value, slope: 0.1)
      }
    }
    let last = "body.\(2 * convolutionCount + 2)"
    value = try builder.convolution(last, value, channels * scale * scale)
    value = try builder.shuffle("upsampler", value, scale)
    let base = try builder.nearest("base", input, scale)
    builder.graph.addOutput(try builder.add("output", value, base))
    return builder.graph
  }
}
