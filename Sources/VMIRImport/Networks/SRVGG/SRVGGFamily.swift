import VMIRGraph

/// SRVGGNetCompact: general-x4v3 and animevideov3 of Real-ESRGAN, and compact community models.
package struct SRVGGFamily: NetworkFamily {
  package let id = "SRVGGNetCompact"
  package let variants = [
    NetworkVariant(
      id: "SRVGGNetCompact", help: "Real-ESRGAN general and anime video, compact models: x1 to x4")
  ]
  private static let settable: [PlainActivation] = [.relu, .leakyrelu]
  package let options = [PlainActivation.option(settable)]

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
    let activation = try PlainActivation.read(
      table, request, slopes: "body.1.weight", settable: Self.settable)
    let inputs = try table.convolutionExtent("body.0.weight", 1)
    let last = "body.\(count - 1)"
    let scale = try table.plainScale(last, weight: last + ".weight", channels: inputs)
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
}
