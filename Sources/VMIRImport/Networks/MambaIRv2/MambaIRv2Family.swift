import VMIRGraph

/// The second version of MambaIR: window attention, and a scan along the order of tokens.
package struct MambaIRv2Family: NetworkFamily {
  package let id = "MambaIRv2"
  package let variants = [
    NetworkVariant(id: "MambaIRv2", help: "x2, x3, x4, denoising, JPEG artefacts"),
    NetworkVariant(id: "MambaIRv2Light", help: "light x2, x3, x4"),
  ]
  package let options =
    RestorationShell.options + [
      NetworkOptionKind(
        name: "route",
        help: "how pixels get their tokens: argmax, or gumbel:SEED as the published code draws "
          + "them (default: argmax)", values: .text("argmax|gumbel:SEED"))
    ]

  /// The published networks.
  package let published: [PublishedNetwork] = {
    func configuration(
      _ groups: Int, _ layers: Int, _ features: Int, heads: Int, _ tail: RestorationShell.Tail,
      channels: Int = 3, isLight: Bool = false
    ) -> MambaIRv2Configuration {
      let inner = isLight ? features : 2 * features
      return MambaIRv2Configuration(
        shell: RestorationShell(
          inputChannels: channels, outputChannels: channels, features: features,
          blockCounts: Array(repeating: layers, count: groups), tail: tail,
          hasMean: channels == 3),
        window: 16, heads: Array(repeating: heads, count: groups),
        scan: ScanShape(
          channels: features, inner: inner, states: isLight ? 8 : 16, rank: (inner + 15) / 16),
        tokens: isLight ? 64 : 128, promptRank: isLight ? 32 : 64,
        routerFeatures: features / 3, hidden: inner, kernelSize: 5, isLight: isLight)
    }
    var published: [PublishedNetwork] = []
    func add(_ name: String, _ configuration: MambaIRv2Configuration) {
      published.append(PublishedNetwork(name: "mambairv2-" + name, configuration: configuration))
    }
    for scale in [2, 3, 4] {
      let tail = RestorationShell.Tail.shuffles(features: 64, scale: scale)
      add("base-x\(scale)", configuration(6, 6, 174, heads: 6, tail))
      add("small-x\(scale)", configuration(6, 4, 132, heads: 4, tail))
      add("large-x\(scale)", configuration(9, 6, 174, heads: 6, tail))
      add(
        "light-x\(scale)",
        configuration(4, 5, 48, heads: 4, .direct(scale: scale), isLight: true))
    }
    add("dn", configuration(6, 6, 174, heads: 6, .none))
    add("jpeg", configuration(6, 6, 174, heads: 6, .none, channels: 1))
    return published
  }()

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    let layer = "layers.0.residual_group.layers.0"
    guard table.has("conv_first.weight"),
      table.has(layer + ".assm.selectiveScan.A_logs")
    else { return nil }
    guard !table.has("absolute_pos_embed") else {
      throw .foreign(family: "a MambaIRv2 of one size (absolute_pos_embed)")
    }
    let isLight = table.has(layer + ".convffn1.sg.norm.weight")
    if let variant = request.variant, isLight != (variant == "MambaIRv2Light") {
      throw .contradiction(
        variant: variant,
        reason: "the feed-forward parts \(isLight ? "have" : "don't have") gates")
    }
    let shell = try RestorationShell(table, request, block: "layers")
    let bias = ".win_mhsa.relative_position_bias_table"
    var heads: [Int] = []
    for group in shell.blockCounts.indices {
      let name = "layers.\(group).residual_group.layers.0" + bias
      heads.append(try table.extent(name, 1, of: 2))
    }
    let entries = try table.extent(layer + bias, 0, of: 2)
    guard let side = wholeRoot(entries), side % 2 == 1 else {
      throw .size(of: "entries of \(layer + bias)", expected: "(2 w - 1)^2", found: entries)
    }
    for count in heads where shell.features % count != 0 {
      throw .size(of: "heads", expected: "a divisor of \(shell.features)", found: count)
    }
    let kernel =
      layer + ".convffn1" + (isLight ? ".sg.conv.weight" : ".dwconv.depthwise_conv.0.weight")
    return NetworkMatch(
      MambaIRv2Configuration(
        shell: shell, window: (side + 1) / 2, heads: heads,
        scan: try table.scanShape(layer + ".assm.selectiveScan", channels: shell.features),
        tokens: try table.extent(layer + ".assm.embeddingB.weight", 0, of: 2),
        promptRank: try table.extent(layer + ".assm.embeddingB.weight", 1, of: 2),
        routerFeatures: try table.extent(layer + ".assm.route.0.weight", 0, of: 2),
        hidden: try table.extent(layer + ".convffn1.fc1.weight", 0, of: 2),
        kernelSize: try table.convolutionExtent(kernel, 2), isLight: isLight,
        route: try route(request)))
  }

  private func route(
    _ request: NetworkRequest
  ) throws(ImportError) -> MambaIRv2Configuration.Route {
    guard let text = request.setting("route"), text != "argmax" else { return .argmax }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "gumbel", let seed = Int(parts[1]), seed >= 0 else {
      throw .optionValue(key: "route", value: text, expected: "argmax or gumbel:SEED")
    }
    return .gumbel(seed: seed)
  }
}
