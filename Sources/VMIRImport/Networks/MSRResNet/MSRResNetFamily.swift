import VMIRGraph

/// MSRResNet: SRResNet and the generator of SRGAN without batch normalisation, as BasicSR has them.
package struct MSRResNetFamily: NetworkFamily {
  package let id = "MSRResNet"
  package let variants = [
    NetworkVariant(id: "MSRResNet", help: "SRResNet, SRGAN without batch normalisation: x2, x3, x4")
  ]

  /// Those of BasicSR's zoo.
  package let published = [2, 3, 4].map { scale in
    PublishedNetwork(
      name: "msrresnet-x\(scale)",
      configuration: MSRResNetConfiguration(blockCount: 16, scale: scale))
  }

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    // Names of mmsr, from which BasicSR came, and of BasicSR.
    let isOld = table.has("recon_trunk.0.conv1.weight") && table.has("HRconv.weight")
    let body = isOld ? "recon_trunk." : "body."
    guard
      isOld
        || (table.has("body.0.conv1.weight") && table.has("upconv1.weight")
          && table.has("conv_hr.weight"))
    else { return nil }
    let features = try table.convolutionExtent("conv_first.weight", 0)
    let scale: Int
    if table.has("upconv2.weight") {
      scale = 4
    } else {
      let outputs = try table.convolutionExtent("upconv1.weight", 0)
      guard let factor = [2, 3].first(where: { outputs == features * $0 * $0 }) else {
        throw .size(
          of: "outputs of upconv1", expected: "\(4 * features) or \(9 * features)", found: outputs)
      }
      scale = factor
    }
    let configuration = MSRResNetConfiguration(
      blockCount: try table.indexCount(after: body), scale: scale, featureCount: features,
      channels: try table.convolutionExtent("conv_last.weight", 0))
    var names: [String: String] = [:]
    if isOld {
      for part in ["weight", "bias"] {
        names["conv_hr.\(part)"] = "HRconv.\(part)"
        for block in 0..<configuration.blockCount {
          for convolution in ["conv1", "conv2"] {
            let name = "\(block).\(convolution).\(part)"
            names["body.\(name)"] = body + name
          }
        }
      }
    }
    return NetworkMatch(configuration, tensorNames: names)
  }
}
