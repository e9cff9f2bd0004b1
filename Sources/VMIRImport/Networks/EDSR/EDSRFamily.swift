import VMIRGraph

/// EDSR, in the names of BasicSR and of its authors.
package struct EDSRFamily: NetworkFamily {
  package let id = "EDSR"
  package let variants = [NetworkVariant(id: "EDSR", help: "x2, x3, x4")]
  package let options =
    [
      NetworkOptionKind(
        name: "res_scale",
        help: "what a block's result is multiplied with (default: 1 for 64 features, 0.1 for 256)",
        values: .number)
    ] + MeanShift.options

  /// The middle and the large network of BasicSR's zoo.
  package let published = [2, 3, 4].flatMap { scale in
    [
      PublishedNetwork(
        name: "edsr-m-x\(scale)",
        configuration: EDSRConfiguration(
          blockCount: 16, scale: scale, featureCount: 64, residualScale: 1)),
      PublishedNetwork(
        name: "edsr-l-x\(scale)",
        configuration: EDSRConfiguration(
          blockCount: 32, scale: scale, featureCount: 256, residualScale: 0.1)),
    ]
  }

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    let isOriginal = table.has("head.0.weight") && table.has("body.0.body.0.weight")
    guard
      isOriginal
        || (table.has("body.0.conv1.weight") && table.has("conv_first.weight")
          && table.has("conv_after_body.weight"))
    else { return nil }
    let (first, last) = isOriginal ? ("head.0", "tail.1") : ("conv_first", "conv_last")
    let features = try table.convolutionExtent(first + ".weight", 0)
    let channels = try table.convolutionExtent(last + ".weight", 0)
    // In the authors' names the end of the blocks is counted with them.
    let modules = try table.indexCount(after: "body.")
    let blocks = isOriginal ? modules - 1 : modules
    guard blocks >= 1 else { throw .size(of: "blocks", expected: "1 or more", found: blocks) }
    let configuration = EDSRConfiguration(
      blockCount: blocks,
      scale: try Upsampling.scale(
        table, prefix: isOriginal ? "tail.0." : "upsample.", featureCount: features),
      featureCount: features,
      residualScale: try residualScale(request, featureCount: features),
      channels: channels, shift: try MeanShift.read(table, request, channels: channels))
    return NetworkMatch(
      configuration, tensorNames: isOriginal ? originalNames(configuration) : [:])
  }

  private func residualScale(
    _ request: NetworkRequest, featureCount: Int
  ) throws(ImportError) -> Double {
    if let scale = request.setting("res_scale").flatMap({ Double($0) }) { return scale }
    switch featureCount {
    case 64: return 1
    case 256: return 0.1
    default:
      throw .unset(
        reason: "an EDSR of \(featureCount) features, which was never published, and no tensor "
          + "shows what a block's result is multiplied with",
        choices: ["res_scale=NUMBER"])
    }
  }

  private func originalNames(_ configuration: EDSRConfiguration) -> [String: String] {
    var modules = Upsampling.originalModules(
      scale: configuration.scale, bodyCount: configuration.blockCount)
    for block in 0..<configuration.blockCount {
      modules["body.\(block).conv1"] = "body.\(block).body.0"
      modules["body.\(block).conv2"] = "body.\(block).body.2"
    }
    return tensorNames(ofModules: modules)
  }
}

/// Names of weights and biases from those of modules.
func tensorNames(ofModules modules: [String: String]) -> [String: String] {
  var names: [String: String] = [:]
  for (module, stored) in modules {
    for part in [".weight", ".bias"] { names[module + part] = stored + part }
  }
  return names
}
