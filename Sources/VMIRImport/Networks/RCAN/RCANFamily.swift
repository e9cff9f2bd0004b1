import VMIRGraph

/// RCAN, in the names of BasicSR and of its authors.
package struct RCANFamily: NetworkFamily {
  package let id = "RCAN"
  package let variants = [NetworkVariant(id: "RCAN", help: "x2, x3, x4, x8")]
  package let options =
    [
      NetworkOptionKind(
        name: "res_scale", help: "what a block's result is multiplied with (default: 1)",
        values: .number)
    ] + MeanShift.options

  /// The networks of the paper.
  package let published = [2, 3, 4, 8].map { scale in
    PublishedNetwork(
      name: "rcan-x\(scale)",
      configuration: RCANConfiguration(
        groupCount: 10, blockCount: 20, scale: scale, featureCount: 64, squeezedCount: 4))
  }

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    let isOriginal = table.has("body.0.body.0.body.3.conv_du.0.weight")
    guard isOriginal || table.has("body.0.residual_group.0.rcab.3.attention.1.weight") else {
      return nil
    }
    let (first, last) = isOriginal ? ("head.0", "tail.1") : ("conv_first", "conv_last")
    let features = try table.convolutionExtent(first + ".weight", 0)
    let channels = try table.convolutionExtent(last + ".weight", 0)
    let squeeze =
      isOriginal
      ? "body.0.body.0.body.3.conv_du.0.weight"
      : "body.0.residual_group.0.rcab.3.attention.1.weight"
    // In the authors' names the convolution at the end is counted with groups and blocks.
    let groups = try table.indexCount(after: "body.") - (isOriginal ? 1 : 0)
    let blocks =
      try table.indexCount(after: isOriginal ? "body.0.body." : "body.0.residual_group.")
      - (isOriginal ? 1 : 0)
    guard groups >= 1, blocks >= 1, groups * blocks <= 10_000 else {
      throw .size(of: "groups times blocks", expected: "1 to 10000", found: groups * blocks)
    }
    let configuration = RCANConfiguration(
      groupCount: groups, blockCount: blocks,
      scale: try Upsampling.scale(
        table, prefix: isOriginal ? "tail.0." : "upsample.", featureCount: features),
      featureCount: features, squeezedCount: try table.convolutionExtent(squeeze, 0),
      residualScale: request.setting("res_scale").flatMap { Double($0) } ?? 1,
      channels: channels, shift: try MeanShift.read(table, request, channels: channels))
    return NetworkMatch(
      configuration, tensorNames: isOriginal ? originalNames(configuration) : [:])
  }

  private func originalNames(_ configuration: RCANConfiguration) -> [String: String] {
    var modules = Upsampling.originalModules(
      scale: configuration.scale, bodyCount: configuration.groupCount)
    for group in 0..<configuration.groupCount {
      modules["body.\(group).conv"] = "body.\(group).body.\(configuration.blockCount)"
      for block in 0..<configuration.blockCount {
        let name = "body.\(group).residual_group.\(block).rcab"
        let stored = "body.\(group).body.\(block).body"
        modules[name + ".0"] = stored + ".0"
        modules[name + ".2"] = stored + ".2"
        modules[name + ".3.attention.1"] = stored + ".3.conv_du.0"
        modules[name + ".3.attention.3"] = stored + ".3.conv_du.2"
      }
    }
    return tensorNames(ofModules: modules)
  }
}
