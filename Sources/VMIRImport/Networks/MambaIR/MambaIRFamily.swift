import VMIRGraph

/// MambaIR, its U-Net, and the satellite networks of opensr-mamba.
package struct MambaIRFamily: NetworkFamily {
  package let id = "MambaIR"
  package let variants = [
    NetworkVariant(id: "MambaIR", help: "x2, x3, x4, denoising, JPEG artefacts"),
    NetworkVariant(id: "MambaIRUNet", help: "denoising of real photographs"),
    NetworkVariant(id: "opensr-sum", help: "opensr-mamba, whose branch is added"),
    NetworkVariant(id: "opensr-prod", help: "opensr-mamba, whose branch is multiplied"),
  ]
  package let options = RestorationShell.options

  /// The published networks.
  package let published: [PublishedNetwork] = {
    var published: [PublishedNetwork] = []
    func add(_ name: String, _ shell: RestorationShell, _ block: StateSpaceBlock) {
      published.append(
        PublishedNetwork(
          name: name, configuration: MambaIRConfiguration(shell: shell, block: block)))
    }
    func shell(
      _ groups: Int, _ features: Int, _ tail: RestorationShell.Tail, channels: Int = 3
    ) -> RestorationShell {
      RestorationShell(
        inputChannels: channels, outputChannels: channels, features: features,
        blockCounts: Array(repeating: 6, count: groups), tail: tail, hasMean: channels == 3)
    }
    let light = StateSpaceBlock(
      channels: 60, expansion: 1.2, states: 10, branch: .separable(inner: 30, squeezed: 2))
    for scale in [2, 3, 4] {
      add(
        "mambair-sr-x\(scale)", shell(6, 180, .shuffles(features: 64, scale: scale)),
        StateSpaceBlock(channels: 180, expansion: 2))
      add("mambair-light-x\(scale)", shell(4, 60, .direct(scale: scale)), light)
    }
    add("mambair-dn", shell(6, 180, .none), StateSpaceBlock(channels: 180, expansion: 1.2))
    add(
      "mambair-jpeg", shell(6, 180, .none, channels: 1),
      StateSpaceBlock(channels: 180, expansion: 1.2))
    published.append(
      PublishedNetwork(
        name: "mambair-realdn",
        configuration: MambaIRUNetConfiguration(dim: 48, blocks: [4, 6, 6, 8], refinement: 4)))
    return published
  }()

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    if table.has("patch_embed.proj.weight"),
      table.has("encoder_level1.0.self_attention.A_logs")
    {
      return NetworkMatch(try recognizeUNet(table, request))
    }
    let first = "layers.0.residual_group.blocks.0"
    guard table.has("conv_first.weight"), table.has(first + ".self_attention.A_logs") else {
      return nil
    }
    let isFork = table.has(first + ".conv_blk.a_parameter")
    if let variant = request.variant,
      variant.hasPrefix("opensr-") != isFork
        || variant == "MambaIRUNet"
    {
      throw .contradiction(
        variant: variant,
        reason: "the tensors are those of \(isFork ? "opensr-mamba" : "a MambaIR")")
    }
    guard !isFork || request.variant != nil else {
      throw .ambiguous(
        reason: "an opensr-mamba, and no tensor shows how its branches are joined",
        choices: ["opensr-sum", "opensr-prod"])
    }
    var shell = try RestorationShell(table, request, block: "blocks")
    if isFork { shell.hasMean = false }
    let block = try StateSpaceBlock(
      table, first, channels: shell.features,
      isProduct: isFork ? request.variant == "opensr-prod" : nil)
    return NetworkMatch(
      MambaIRConfiguration(
        shell: shell, block: block, variantID: request.variant ?? "MambaIR"))
  }

  private func recognizeUNet(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> MambaIRUNetConfiguration {
    if let variant = request.variant, variant != "MambaIRUNet" {
      throw .contradiction(variant: variant, reason: "the tensors are those of a MambaIRUNet")
    }
    // The published code can't run it.
    guard !table.has("skip_conv.weight") else {
      throw .foreign(family: "a dual-pixel MambaIRUNet (skip_conv)")
    }
    guard request.setting("img_range") == nil else {
      throw .settingContradiction(key: "img_range", reason: "a MambaIRUNet has none")
    }
    return try MambaIRUNetConfiguration(table)
  }
}
