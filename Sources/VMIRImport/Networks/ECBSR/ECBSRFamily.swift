import VMIRGraph

/// ECBSR: small networks of 3x3 convolutions that were trained as five branches each.
package struct ECBSRFamily: NetworkFamily {
  package let id = "ECBSR"
  package let variants = [NetworkVariant(id: "ECBSR", help: "x2, x4, of luma or colour")]
  package let options = [
    NetworkOptionKind(
      name: "act", help: "activation of a network without slopes",
      values: .words(ECBSRConfiguration.Activation.settable.map { $0.rawValue })),
    NetworkOptionKind(
      name: "with_idt", help: "whether a block adds its input too (default: 0)",
      values: .words(["0", "1"])),
  ]

  /// The configurations of BasicSR, with the branches folded.
  package let published = [
    PublishedNetwork(
      name: "ecbsr-x2-y",
      configuration: ECBSRConfiguration(blockCount: 4, scale: 2, featureCount: 16, channels: 1)),
    PublishedNetwork(
      name: "ecbsr-x4-y",
      configuration: ECBSRConfiguration(blockCount: 4, scale: 4, featureCount: 16, channels: 1)),
    PublishedNetwork(
      name: "ecbsr-x4-rgb",
      configuration: ECBSRConfiguration(blockCount: 4, scale: 4, featureCount: 16, channels: 3)),
  ]

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    guard table.has("backbone.0.conv3x3.weight") else { return nil }
    let count = try table.indexCount(after: "backbone.")
    guard count >= 2 else {
      throw .size(of: "convolutions", expected: "2 or more", found: count)
    }
    let inputs = try table.convolutionExtent("backbone.0.conv3x3.weight", 1)
    let outputs = try table.convolutionExtent("backbone.\(count - 1).conv3x3.weight", 0)
    guard outputs % inputs == 0, let scale = wholeRoot(outputs / inputs) else {
      throw .size(
        of: "outputs of backbone.\(count - 1)", expected: "\(inputs) times a square",
        found: outputs)
    }
    var configuration = ECBSRConfiguration(
      blockCount: count - 2, scale: scale,
      featureCount: try table.convolutionExtent("backbone.0.conv3x3.weight", 0),
      channels: inputs, activation: try activation(table, request))
    if table.has("backbone.0.conv1x1_3x3.k0") {
      for index in 0..<count {
        configuration.branchFeatureCounts.append(
          try table.convolutionExtent("backbone.\(index).conv1x1_3x3.k0", 0))
      }
      configuration.addsInput = request.setting("with_idt") == "1"
    } else if request.setting("with_idt") != nil {
      throw .settingContradiction(key: "with_idt", reason: "the branches are folded already")
    }
    return NetworkMatch(configuration)
  }

  private func activation(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> ECBSRConfiguration.Activation {
    let setting = request.setting("act")
    if table.has("backbone.0.act.weight") {
      guard setting == nil else {
        throw .settingContradiction(key: "act", reason: "the network has slopes of PReLU")
      }
      return .prelu
    }
    let known = ECBSRConfiguration.Activation.settable
    guard let activation = known.first(where: { $0.rawValue == setting }) else {
      throw .unset(
        reason: "has no slopes, and no tensor shows the activation",
        choices: known.map { "act=\($0.rawValue)" })
    }
    return activation
  }
}
