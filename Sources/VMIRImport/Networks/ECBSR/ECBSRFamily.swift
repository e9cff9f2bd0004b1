import VMIRGraph

/// ECBSR: small networks of 3x3 convolutions that were trained as five branches each.
package struct ECBSRFamily: NetworkFamily {
  package let id = "ECBSR"
  package let variants = [NetworkVariant(id: "ECBSR", help: "x2, x4, of luma or colour")]
  private static let settable: [PlainActivation] = [.relu, .rrelu, .linear]
  package let options = [
    PlainActivation.option(settable),
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
    let last = "backbone.\(count - 1)"
    let scale = try table.plainScale(last, weight: last + ".conv3x3.weight", channels: inputs)
    var configuration = ECBSRConfiguration(
      blockCount: count - 2, scale: scale,
      featureCount: try table.convolutionExtent("backbone.0.conv3x3.weight", 0),
      channels: inputs,
      activation: try PlainActivation.read(
        table, request, slopes: "backbone.0.act.weight", settable: Self.settable))
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
}
