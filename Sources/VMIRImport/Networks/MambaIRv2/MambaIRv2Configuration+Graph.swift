import VMIRCore
import VMIRGraph

extension MambaIRv2Configuration {
  func build(_ builder: inout ConvolutionalBuilder) throws(GraphError) {
    var number = -1
    try shell.build(
      &builder,
      block: { (builder, name, index, input) throws(GraphError) in
        number += 1
        return try layer(name, index: index, number: number, input, &builder)
      }, blockName: "layers")
  }

  /// `AttentiveLayer`; `index` counts in the group, `number` in the network.
  private func layer(
    _ name: String, index: Int, number: Int, _ input: ValueID,
    _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let attended = try attention(name, index: index, number: number, input, &builder)
    var value = try builder.add(name + ".add1", attended, input)
    value = try feedForward(name, 1, value, &builder)
    let kept = try builder.scaledChannels(name + ".scaled1", input, name + ".scale1")
    let middle = try builder.add(name + ".join1", value, kept)
    let normalized = try builder.layerNorm(name + ".norm3", middle)
    let scanned = try stateSpace(name, number: number, normalized, &builder)
    value = try builder.add(name + ".add2", scanned, middle)
    value = try feedForward(name, 2, value, &builder)
    let keptSecond = try builder.scaledChannels(name + ".scaled2", middle, name + ".scale2")
    return try builder.add(name + ".join2", value, keptSecond)
  }

  private func attention(
    _ name: String, index: Int, number: Int, _ input: ValueID,
    _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let channels = shell.features
    let heads = heads[min(group(of: number), heads.count - 1)]
    let normalized = try builder.layerNorm(name + ".norm1", input)
    let qkv = try builder.linear(name + ".wqkv", normalized, 3 * channels)
    let table = builder.tensor(
      name + ".win_mhsa.relative_position_bias_table",
      biasTable(name + ".win_mhsa.relative_position_bias_table", heads, isFirst: number == 0))
    let scale = 1 / Float(channels / heads).squareRoot()
    let attended = try builder.graph.appendOne(
      .windowAttention(
        WindowAttention(
          window: window, shift: index % 2 == 0 ? 0 : window / 2, scale: scale)),
      [qkv, table], name: name + ".win_mhsa.attention")
    return try builder.linear(name + ".win_mhsa.proj", attended, channels)
  }

  /// The group that a layer of the network is in.
  private func group(of number: Int) -> Int {
    var rest = number
    for (group, count) in shell.blockCounts.enumerated() {
      if rest < count { return group }
      rest -= count
    }
    return max(shell.blockCounts.count - 1, 0)
  }

  /// The bias table; with the first one the stored index is compared with that of the class.
  private func biasTable(_ name: String, _ heads: Int, isFirst: Bool) -> TensorRecipe {
    let side = 2 * window - 1
    let table = RequiredTensor(name, [side * side, heads])
    guard isFirst else { return .reshaped(table, to: table.shape) }
    let count = window * window
    let index = RequiredTensor(
      "relative_position_index_SA", [count, count], mayBeIntegers: true)
    let window = window
    return TensorRecipe(table.shape, of: [table, index]) { (parts) throws(ConstantError) in
      guard parts[1] == relativePositionIndex(window: window) else {
        throw ConstantError(
          "relative_position_index_SA is not that of windows of \(window) pixels")
      }
      return parts[0]
    }
  }

  private func feedForward(
    _ layer: String, _ number: Int, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let name = "\(layer).convffn\(number)"
    let normalized = try builder.layerNorm("\(layer).norm\(2 * number)", input)
    var value = try builder.linear(name + ".fc1", normalized, hidden)
    value = try builder.node(name + ".act", .gelu(GELU()), value)
    if isLight {
      let (a, b) = try builder.split(name + ".split", value, hidden / 2, hidden - hidden / 2)
      let local = try wideDepthwise(
        name + ".sg.conv", try builder.layerNorm(name + ".sg.norm", b), &builder)
      value = try builder.multiply(name + ".sg.gate", a, local)
    } else {
      let local = try wideDepthwise(name + ".dwconv.depthwise_conv.0", value, &builder)
      let active = try builder.node(name + ".dwconv.act", .gelu(GELU()), local)
      value = try builder.add(name + ".dwconv.add", active, value)
    }
    value = try builder.linear(name + ".fc2", value, shell.features)
    return try builder.add("\(name).add", value, input)
  }

  private func wideDepthwise(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let count = builder.channels(input)
    let operands = [
      input, builder.tensor(name + ".weight", [count, 1, kernelSize, kernelSize]),
      builder.tensor(name + ".bias", [count]),
    ]
    return try builder.graph.appendOne(
      .conv2D(Conv2D(kernelSize: kernelSize, groups: count)), operands, name: name)
  }

  /// `ASSM`.
  private func stateSpace(
    _ layer: String, number: Int, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let name = layer + ".assm"
    var logits = try builder.linear(name + ".route.0", input, routerFeatures)
    logits = try builder.node(name + ".route.1", .gelu(GELU()), logits)
    logits = try builder.linear(name + ".route.2", logits, tokens)
    let token = try builder.node(name + ".route", .routeTokens(router(number)), logits)

    let wide = try builder.convolution(name + ".in_proj.0", input, scan.inner, kernel: 1)
    let local = try builder.depthwise(name + ".CPE.0", wide)
    let gate = try builder.node(name + ".CPE.sigmoid", .sigmoid(Sigmoid()), local)
    let image = try builder.multiply(name + ".gate", wide, gate)

    let module = name + ".selectiveScan"
    let operands = [
      image, token,
      builder.tensor(
        module + ".x_proj_weight", [1, scan.rank + 2 * scan.states, scan.inner]),
      builder.tensor(module + ".dt_projs_weight", [1, scan.inner, scan.rank]),
      builder.tensor(module + ".dt_projs_bias", [1, scan.inner]),
      builder.tensor(module + ".A_logs", [scan.inner, scan.states]),
      builder.tensor(module + ".Ds", [scan.inner]),
      builder.tensor(name + ".prompt", prompt(layer)),
    ]
    let scanned = try builder.graph.appendOne(
      .promptScan(PromptScan()), operands, name: module)
    let normalized = try builder.layerNorm(name + ".out_norm", scanned)
    return try builder.linear(name + ".out_proj", normalized, shell.features)
  }

  private func router(_ number: Int) -> RouteTokens {
    switch route {
    case .argmax: RouteTokens()
    case .gumbel(let seed): RouteTokens(seed: seed, stream: number)
    }
  }

  /// A prompt for each token: `embeddingB embeddingA`.
  private func prompt(_ layer: String) -> TensorRecipe {
    let (tokens, rank, states) = (tokens, promptRank, scan.states)
    let b = RequiredTensor(layer + ".assm.embeddingB.weight", [tokens, rank])
    let a = RequiredTensor(layer + ".embeddingA.weight", [rank, states])
    return TensorRecipe([tokens, states], of: [b, a]) { parts in
      var prompts = [Double](repeating: 0, count: tokens * states)
      for token in 0..<tokens {
        for r in 0..<rank {
          let factor = parts[0][token * rank + r]
          for s in 0..<states { prompts[token * states + s] += factor * parts[1][r * states + s] }
        }
      }
      return prompts
    }
  }
}

/// For each pair of pixels of a window, the row of a bias table.
func relativePositionIndex(window: Int) -> [Double] {
  let (count, side) = (window * window, 2 * window - 1)
  return (0..<count * count).map { pair in
    let (p, q) = (pair / count, pair % count)
    let dy = p / window - q / window + window - 1
    let dx = p % window - q % window + window - 1
    return Double(dy * side + dx)
  }
}
