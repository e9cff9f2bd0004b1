import VMIRGraph

/// SRVGGNetCompact: general-x4v3 and animevideov3 of Real-ESRGAN, and compact community models.
package struct SRVGGFamily: NetworkFamily {
  package let id = "SRVGGNetCompact"
  package let variants = [
    NetworkVariant(
      id: "SRVGGNetCompact", help: "Real-ESRGAN general and anime video, compact models: x1 to x4")
  ]
  package let options = [
    NetworkOptionKind(
      name: "act", help: "activation of a network without slopes",
      values: .words(SRVGGConfiguration.Activation.settable.map { $0.rawValue }))
  ]

  /// Real-ESRGAN's small networks, and the sizes that community models have.
  package let published = [
    PublishedNetwork(
      name: "realesr-general-x4v3", configuration: SRVGGConfiguration(convolutionCount: 32)),
    PublishedNetwork(
      name: "realesr-animevideov3", configuration: SRVGGConfiguration(convolutionCount: 16)),
    PublishedNetwork(
      name: "compact-x2", configuration: SRVGGConfiguration(convolutionCount: 16, scale: 2)),
    PublishedNetwork(
      name: "ultracompact-x2", configuration: SRVGGConfiguration(convolutionCount: 8, scale: 2)),
    PublishedNetwork(
      name: "superultracompact-x2",
      configuration: SRVGGConfiguration(convolutionCount: 8, scale: 2, featureCount: 24)),
  ]

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    guard table.has("body.0.weight"), table.tensors.allSatisfy({ Self.fits($0) }) else {
      return nil
    }
    let count = try table.indexCount(after: "body.")
    guard count >= 3, count % 2 == 1 else {
      throw .size(
        of: "number of the last module", expected: "even and 2 or more", found: count - 1)
    }
    let activation = try activation(table, request)
    let inputs = try table.convolutionExtent("body.0.weight", 1)
    let outputs = try table.convolutionExtent("body.\(count - 1).weight", 0)
    guard outputs % inputs == 0, let scale = wholeRoot(outputs / inputs) else {
      throw .size(
        of: "outputs of body.\(count - 1)", expected: "\(inputs) times a square", found: outputs)
    }
    return NetworkMatch(
      SRVGGConfiguration(
        convolutionCount: (count - 3) / 2, scale: scale,
        featureCount: try table.convolutionExtent("body.0.weight", 0), channels: inputs,
        activation: activation))
  }

  /// Whether a tensor may be one of a list of 3x3 convolutions with slopes between them.
  private static func fits(_ tensor: NamedTensor) -> Bool {
    let parts = tensor.name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "body", let index = Int(parts[1]), index >= 0 else {
      return false
    }
    switch (parts[2], index % 2) {
    case ("weight", 0): return tensor.shape.count == 4 && tensor.shape[2...] == [3, 3]
    case ("bias", 0), ("weight", 1): return tensor.shape.count == 1
    default: return false
    }
  }

  private func activation(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> SRVGGConfiguration.Activation {
    let setting = request.setting("act")
    if table.has("body.1.weight") {
      guard setting == nil else {
        throw .settingContradiction(key: "act", reason: "the network has slopes of PReLU")
      }
      return .prelu
    }
    let known = SRVGGConfiguration.Activation.settable
    guard let activation = known.first(where: { $0.rawValue == setting }) else {
      throw .unset(
        reason: "has no slopes, and no tensor shows the activation",
        choices: known.map { "act=\($0.rawValue)" })
    }
    return activation
  }
}
