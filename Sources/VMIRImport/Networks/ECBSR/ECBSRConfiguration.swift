package import VMIRGraph

/// All that distinguishes one ECBSR from another.
package struct ECBSRConfiguration: NetworkConfiguration, Equatable {
  /// Convolutions between the first and the last.
  package var blockCount: Int
  /// Output pixels per input pixel in each direction.
  package var scale: Int
  /// Features between the convolutions.
  package var featureCount: Int
  /// Channels of the picture.
  package var channels: Int
  /// What stands between the convolutions.
  package var activation: PlainActivation
  /// Features inside the second branch of each convolution; empty where the branches are folded.
  package var branchFeatureCounts: [Int] = []
  /// Whether a convolution that keeps the channels adds its input, which no folded one shows.
  package var addsInput = false

  /// A network with folded branches.
  package init(
    blockCount: Int, scale: Int, featureCount: Int, channels: Int,
    activation: PlainActivation = .prelu
  ) {
    self.blockCount = blockCount
    self.scale = scale
    self.featureCount = featureCount
    self.channels = channels
    self.activation = activation
  }

  package var network: String { "ECBSR" }

  package var variantID: String { "ECBSR" }

  package var options: [NetworkOption] {
    var options: [NetworkOption] = []
    if activation != .prelu {
      options.append(NetworkOption(name: "act", value: activation.rawValue))
    }
    if !branchFeatureCounts.isEmpty {
      options.append(NetworkOption(name: "with_idt", value: addsInput ? "1" : "0"))
    }
    return options
  }

  package var task: RestorationTask { scale > 1 ? .superResolution : .restoration }

  package var convolutionAccuracy: ConvolutionAccuracy { .fast }

  /// One pixel for each convolution.
  package var tileRadius: Int? { blockCount + 2 }

  package var description: String {
    "ECBSR x\(scale), \(blockCount + 2) convolutions, \(featureCount) features, "
      + activation.rawValue + (branchFeatureCounts.isEmpty ? "" : ", branches folded")
      + (addsInput ? " with the input" : "") + (channels == 3 ? "" : ", \(channels) channels")
  }

  package var recipes: [String: TensorRecipe] {
    var recipes: [String: TensorRecipe] = [:]
    for (index, middle) in branchFeatureCounts.enumerated() {
      let block = EdgeBlock(
        name: "backbone.\(index)", inputs: index == 0 ? channels : featureCount,
        outputs: index < blockCount + 1 ? featureCount : channels * scale * scale,
        middle: middle, addsInput: addsInput)
      recipes[block.name + ".conv3x3.weight"] = block.weight
      recipes[block.name + ".conv3x3.bias"] = block.bias
    }
    return recipes
  }

  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    var builder = ConvolutionalBuilder(data: data)
    let input = builder.input(channels: channels)
    var value = input
    for index in 0...blockCount {
      let name = "backbone.\(index)"
      value = try builder.convolution(name + ".conv3x3", value, featureCount)
      value = try builder.activated(name, slopes: name + ".act", value, activation)
    }
    try builder.addEnlargement(
      "backbone.\(blockCount + 1).conv3x3", value, of: input, scale: scale)
    return builder.graph
  }
}
