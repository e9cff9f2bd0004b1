import VMIRGraph

/// DiffIR, second stage: super-resolution, motion deblurring, inpainting.
package struct DiffIRFamily: NetworkFamily {
  package let id = "DiffIR"
  package let variants = [
    NetworkVariant(id: "DiffIR-SR", help: "x4 super-resolution"),
    NetworkVariant(id: "DiffIR-RealSR", help: "real-world super-resolution, x2 and x1"),
    NetworkVariant(id: "DiffIR-Deblurring", help: "motion deblurring"),
    NetworkVariant(id: "DiffIR-Inpainting", help: "inpainting of what a mask covers"),
  ]
  package let options = [
    NetworkOptionKind(
      name: "noise",
      help: "what the diffusion starts with, as many numbers as z has or a .npy of them (default: "
        + "what torch.manual_seed(0) and torch.randn give)", values: .array)
  ]

  /// The networks of the paper and its repository.
  package let published: [PublishedNetwork] = {
    func network(
      _ name: String, _ ending: DiffIRConfiguration.Ending, dim: Int, _ counts: BlockCounts,
      factor: Double, hasNormBias: Bool, channels: Int = 3, conditionBlockCount: Int
    ) -> PublishedNetwork {
      let body = RestormerBody(
        dim: dim, blockCounts: counts, factor: factor, hasNormBias: hasNormBias,
        inputChannels: channels)
      return PublishedNetwork(
        name: "diffir-" + name,
        configuration: DiffIRConfiguration(
          body, ending: ending, conditionBlockCount: conditionBlockCount, denoisingLayerCount: 1))
    }
    let enlarging = BlockCounts(levels: (13, 1, 1, 1), refinement: 13)
    return [
      network(
        "sr-x4", .enlarging(from: 1), dim: 64, enlarging, factor: 2.2, hasNormBias: false,
        conditionBlockCount: 9),
      network(
        "realsr-x2", .enlarging(from: 2), dim: 64, enlarging, factor: 2.2, hasNormBias: false,
        channels: 12, conditionBlockCount: 9),
      network(
        "realsr-x1", .enlarging(from: 4), dim: 64, enlarging, factor: 2.2, hasNormBias: false,
        channels: 48, conditionBlockCount: 9),
      network(
        "deblurring", .residual, dim: 48, BlockCounts(levels: (3, 5, 6, 6), refinement: 4),
        factor: 2, hasNormBias: true, conditionBlockCount: 5),
      network(
        "inpainting", .masked, dim: 52, BlockCounts(levels: (1, 1, 1, 9), refinement: 0),
        factor: 1.8, hasNormBias: true, channels: 4, conditionBlockCount: 5),
      network(
        "inpainting-big", .masked, dim: 52, BlockCounts(levels: (1, 1, 1, 20), refinement: 0),
        factor: 1.8, hasNormBias: true, channels: 4, conditionBlockCount: 8),
    ]
  }()

  /// The family.
  package init() {}

  package func recognizeConfiguration(
    _ table: TensorTable, _ request: NetworkRequest
  ) throws(ImportError) -> NetworkMatch? {
    guard table.has("G.encoder_level1.0.attn.kernel.0.weight"),
      let inner = try table.tensors(under: "G."), RestormerBody.isPresent(BlockTensors(inner))
    else { return nil }
    let isDoubled = table.hasPrefix("diffusion.condition.")
    guard isDoubled || table.hasPrefix("condition.") else {
      throw .needsGroundTruth(network: "DiffIR's first stage")
    }
    // The original loads the second copy last.
    let (conditionName, denoisingName) =
      isDoubled ? ("diffusion.condition.", "diffusion.model.") : ("condition.", "denoise.")
    let body = try RestormerBody(inner)
    let ending = try self.ending(inner, body)
    var configuration = DiffIRConfiguration(
      body, ending: ending,
      conditionBlockCount: try count(table, conditionName + "E.", ".body.0.weight", first: 2),
      denoisingLayerCount: try count(table, denoisingName + "resmlp.", ".resmlp.0.weight", first: 2)
    )
    configuration.body.hasConvolutionBias =
      body.hasConvolutionBias || inner.has("output.bias")
    configuration.features = try table.convolutionExtent(conditionName + "E.0.weight", 0)
    guard configuration.features <= 4096 else {
      throw .size(
        of: "features of the condition", expected: "up to 4096",
        found: configuration.features)
    }
    configuration.conditionFactor = try conditionFactor(
      table, conditionName + "E.0.weight", channels: body.inputChannels)
    configuration.stepCount = try steps(table)
    if let variant = request.variant, variant != configuration.variantID {
      throw .contradiction(
        variant: variant, reason: "the tensors are those of \(configuration.variantID)")
    }
    configuration.noise = try noise(request, count: configuration.width)
    return try match(configuration, table, conditionName, denoisingName)
  }

  /// The match with the names of both copies' tensors, one of which is left out.
  private func match(
    _ configuration: DiffIRConfiguration, _ table: TensorTable, _ conditionName: String,
    _ denoisingName: String
  ) throws(ImportError) -> NetworkMatch {
    var names: [String: String] = [:]
    let required: [RequiredTensor]
    do throws(GraphError) {
      required = configuration.requiredTensors(try configuration.graph { _ in .absent })
    } catch {
      throw .graph(error)
    }
    for tensor in required {
      for (own, stored) in [("condition.", conditionName), ("denoise.", denoisingName)]
      where tensor.name.hasPrefix(own) {
        names[tensor.name] = stored + tensor.name.dropFirst(own.count)
      }
    }
    var match = NetworkMatch(configuration, tensorNames: names)
    let used = Set(required.map { names[$0.name] ?? $0.name })
    match.surplus = table.tensors.map { $0.name }.filter { name in
      guard !used.contains(name) else { return false }
      if let twin = twin(of: name) { return used.contains(twin) }
      return DiffIRFamily.scheduleNames.contains(name)
    }
    return match
  }

  /// The name of the other copy of a tensor.
  private func twin(of name: String) -> String? {
    for (outer, inner) in [
      ("condition.", "diffusion.condition."), ("denoise.", "diffusion.model."),
    ] {
      if name.hasPrefix(outer) { return inner + name.dropFirst(outer.count) }
      if name.hasPrefix(inner) { return outer + name.dropFirst(inner.count) }
    }
    return nil
  }

  /// Numbers of the diffusion that training needs.
  private static let scheduleNames: Set<String> = Set(
    [
      "betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod",
      "sqrt_one_minus_alphas_cumprod", "log_one_minus_alphas_cumprod",
      "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod", "posterior_variance",
      "posterior_log_variance_clipped",
    ].map { "diffusion." + $0 })

  // MARK: Sizes

  private func ending(
    _ inner: TensorTable, _ body: RestormerBody
  ) throws(ImportError) -> DiffIRConfiguration.Ending {
    let channels = body.inputChannels
    if inner.hasPrefix("tail.") {
      guard !inner.hasPrefix("output.") else {
        throw .unclearTask(reason: "has both tail and output tensors")
      }
      let colors = try inner.convolutionExtent("tail.1.weight", 0)
      guard channels % colors == 0, let factor = wholeRoot(channels / colors),
        [1, 2, 4].contains(factor)
      else {
        throw .size(
          of: "inputs of G.patch_embed", expected: "\(colors) times 1, 4 or 16", found: channels)
      }
      return .enlarging(from: factor)
    }
    let colors = try inner.convolutionExtent("output.weight", 0)
    if channels == colors { return .residual }
    guard channels == colors + 1 else {
      throw .size(
        of: "inputs of G.patch_embed", expected: "\(colors), or with a mask \(colors + 1)",
        found: channels)
    }
    return .masked
  }

  /// Modules `<prefix>N<suffix>` from N = `first` on.
  private func count(
    _ table: TensorTable, _ prefix: String, _ suffix: String, first: Int
  ) throws(ImportError) -> Int {
    var count = 0
    while table.has("\(prefix)\(first + count)\(suffix)") { count += 1 }
    return count
  }

  private func conditionFactor(
    _ table: TensorTable, _ name: String, channels: Int
  ) throws(ImportError) -> Int {
    let inputs = try table.convolutionExtent(name, 1)
    guard channels > 0, inputs % channels == 0, let factor = wholeRoot(inputs / channels),
      [1, 2, 4, 8].contains(factor)
    else {
      throw .size(
        of: "inputs of condition.E.0", expected: "\(channels) times 1, 4, 16 or 64",
        found: inputs)
    }
    return factor
  }

  private func steps(_ table: TensorTable) throws(ImportError) -> Int {
    let name = "diffusion.posterior_mean_coef1"
    let steps = try checked("steps of \(name)", table[name]?.extent(0, of: 1) ?? 4)
    guard steps <= 1000 else {
      throw .size(of: "steps of \(name)", expected: "up to 1000", found: steps)
    }
    return steps
  }

  private func noise(_ request: NetworkRequest, count: Int) throws(ImportError) -> [Float]? {
    guard let text = request.setting("noise") else { return nil }
    guard let numbers = numberList(text), numbers.count == count else {
      throw .optionValue(
        key: "noise", value: numberList(text).map { "\($0.count) numbers" } ?? text,
        expected: "\(count) numbers")
    }
    return numbers.map { Float($0) }
  }
}
