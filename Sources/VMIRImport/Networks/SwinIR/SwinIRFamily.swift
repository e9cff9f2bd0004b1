import VMIRGraph

/// SwinIR, in the names of its authors and of BasicSR.
package struct SwinIRFamily: NetworkFamily {
  package let id = "SwinIR"
  package let variants = [
    NetworkVariant(
      id: "SwinIR", help: "classical, lightweight and real-world x2 to x8, denoising, JPEG")
  ]
  package let options = SwinBody.options(padding: "flip")

  /// The networks that its authors published.
  package let published: [PublishedNetwork] = {
    func network(
      _ name: String, _ tail: SwinTail, channels: Int = 3, features: Int = 180, groups: Int = 6,
      heads: Int = 6, window: Int = 8, ending: SwinBody.Ending = .one, range: Double = 1
    ) -> PublishedNetwork {
      PublishedNetwork(
        name: "swinir-\(name)",
        configuration: SwinIRConfiguration(
          body: SwinBody(
            channels: channels, features: features,
            groups: Array(repeating: SwinBody.Group(blocks: 6, heads: heads), count: groups),
            window: window, hidden: 2 * features, ending: ending, tail: tail, range: range)))
    }
    let steps = [2: [2], 3: [3], 4: [2, 2], 8: [2, 2, 2]]
    return [2, 3, 4, 8].map { scale in
      network(
        "classical-x\(scale)", .pixelShuffle(features: 64, factors: steps[scale] ?? []))
    }
      + [2, 3, 4].map { scale in
        network("lightweight-x\(scale)", .direct(scale: scale), features: 60, groups: 4)
      } + [
        network("real-m-x2", .nearest(features: 64, doublings: 1)),
        network("real-m-x4", .nearest(features: 64, doublings: 2)),
        network(
          "real-l-x4", .nearest(features: 64, doublings: 2), features: 240, groups: 9, heads: 8,
          ending: .three(60)),
        network("denoising-gray", .none, channels: 1), network("denoising-color", .none),
        network("jpeg-gray", .none, channels: 1, window: 7, range: 255),
        network("jpeg-color", .none, window: 7, range: 255),
      ]
  }()

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    guard table.has("conv_first.weight"), !table.hasPart(".overlap_attn."),
      table.has(SwinBody.block(0, 0) + ".attn.relative_position_bias_table")
    else { return nil }
    var configuration = SwinIRConfiguration(
      body: try SwinBody(table, request, named: "SwinIR", padding: .symmetricWindow))
    guard configuration.body.ending != .identity else {
      throw .size(of: "convolutions after the body", expected: "1 or 3", found: 0)
    }
    let buffers = table.tensors.map { $0.name }.filter {
      $0.hasSuffix(".attn.relative_position_index") || $0.hasSuffix(".attn_mask")
    }
    // What was trained on single windows has the one kind of buffer, not the other.
    configuration.shifts = buffers.isEmpty || buffers.contains { $0.hasSuffix(".attn_mask") }
    var match = NetworkMatch(configuration)
    match.surplus = buffers
    return match
  }
}
