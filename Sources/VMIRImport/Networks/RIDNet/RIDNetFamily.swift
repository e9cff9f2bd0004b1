import VMIRGraph

/// RIDNet: denoising, as BasicSR has it.
package struct RIDNetFamily: NetworkFamily {
  package let id = "RIDNet"
  package let variants = [NetworkVariant(id: "RIDNet", help: "denoising")]
  package let options = [
    NetworkOptionKind(
      name: "img_range",
      help: "white as the network takes it (default: 255 or 1, by the mean it takes off)",
      values: .number)
  ]

  /// The network of the paper.
  package let published = [
    PublishedNetwork(
      name: "ridnet",
      configuration: RIDNetConfiguration(blockCount: 4, featureCount: 64, squeezedCount: 4))
  ]

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    guard table.has("body.0.merge.dilation1.0.weight") else { return nil }
    let range = request.setting("img_range").flatMap { Double($0) }
    if let range, range <= 0 {
      throw .optionValue(key: "img_range", value: "\(range)", expected: "a positive number")
    }
    return NetworkMatch(
      RIDNetConfiguration(
        blockCount: try table.indexCount(after: "body."),
        featureCount: try table.convolutionExtent("head.weight", 0),
        squeezedCount: try table.convolutionExtent("body.0.ca.attention.1.weight", 0),
        channels: try table.convolutionExtent("tail.weight", 0), range: range))
  }
}
