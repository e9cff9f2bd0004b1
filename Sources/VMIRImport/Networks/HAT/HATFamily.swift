import VMIRGraph

/// HAT, in the names of its authors.
package struct HATFamily: NetworkFamily {
  package let id = "HAT"
  package let variants = [NetworkVariant(id: "HAT", help: "HAT-S, HAT, HAT-L x2 to x4")]
  package let options =
    SwinBody.options(padding: "reflect") + [
      NetworkOptionKind(
        name: "conv_scale",
        help: "what the result of a block's convolutions is multiplied with (default: 0.01)",
        values: .number)
    ]

  /// The networks that its authors published.
  package let published: [PublishedNetwork] = {
    var published: [PublishedNetwork] = []
    for (scale, factors) in [(2, [2]), (3, [3]), (4, [2, 2])] {
      for (name, features, groups, compressed, squeezed) in [
        ("hat-s", 144, 6, 6, 6), ("hat", 180, 6, 60, 6), ("hat-l", 180, 12, 60, 6),
      ] {
        let body = SwinBody(
          channels: 3, features: features,
          groups: Array(repeating: SwinBody.Group(blocks: 6, heads: 6), count: groups),
          window: 16, hidden: 2 * features,
          tail: .pixelShuffle(features: 64, factors: factors), padding: .reflect)
        published.append(
          PublishedNetwork(
            name: "\(name)-x\(scale)",
            configuration: HATConfiguration(
              body: body, reach: 24, compressed: compressed, squeezed: squeezed)))
      }
    }
    return published
  }()

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    let last = SwinBody.group(0) + ".overlap_attn"
    let cab = SwinBody.block(0, 0) + ".conv_block.cab"
    guard table.has("conv_first.weight"), table.has(last + ".qkv.weight"),
      table.has(cab + ".0.weight")
    else { return nil }
    let body = try SwinBody(table, request, named: "HAT", padding: .reflect)
    let entries = try table.extent(last + ".relative_position_bias_table", 0)
    let reach = (1...255).first { $0 * $0 == entries }.map { $0 + 1 - body.window } ?? 0
    guard reach > body.window, reach % 2 == body.window % 2, reach <= 128 else {
      throw .size(
        of: "relative positions of \(last)", expected: "those of a square around the window",
        found: entries)
    }
    var configuration = HATConfiguration(
      body: body, reach: reach, compressed: try table.convolutionExtent(cab + ".0.weight", 0),
      squeezed: try table.convolutionExtent(cab + ".3.attention.1.weight", 0))
    if let scale = request.setting("conv_scale").flatMap({ Double($0) }) {
      configuration.convolutionScale = scale
    }
    let buffers = ["relative_position_index_SA", "relative_position_index_OCA"]
    var match = NetworkMatch(configuration)
    match.surplus = buffers
    return match
  }
}
