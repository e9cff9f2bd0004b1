import VMIRGraph

extension NetworkBuilder {
  /// `x + attn(norm1(x))`, then `x + ffn(norm2(x))`.
  ///
  /// Source: `MamberBlock`.
  mutating func block(
    _ name: String, _ input: ValueID, _ level: VmambaIRConfiguration.Level
  ) throws(GraphError) -> ValueID {
    let hasBias = configuration.hasNormBias
    let norm1 = try layerNorm(name + ".norm1", input, level.channels, hasBias: hasBias)
    let attention = try attention(name + ".attn", norm1, level)
    let middle = try node(name + ".attn.residual", .add(Add()), input, attention)
    let norm2 = try layerNorm(name + ".norm2", middle, level.channels, hasBias: hasBias)
    let feedForward = try feedForward(name + ".ffn", norm2, level)
    return try node(name + ".ffn.residual", .add(Add()), middle, feedForward)
  }

  /// The omni-selective-scan module.
  ///
  /// Source: `OSS` (`attn`), section "OSS module" of the architecture's description.
  private mutating func attention(
    _ name: String, _ input: ValueID, _ level: VmambaIRConfiguration.Level
  ) throws(GraphError) -> ValueID {
    let channels = level.channels
    let widened = try convolution(
      name + ".in_conv", input, channels, to: 2 * channels, hasBias: true)
    let (x, z) = try halves(name + ".split", widened, channels)
    let gate = try node(name + ".gate_silu", .silu(SiLU()), z)
    let local = try convolution(
      name + ".conv2d", x, channels, to: channels, kernel: 3, isDepthwise: true, hasBias: true)
    let active = try node(name + ".silu", .silu(SiLU()), local)
    let scanned = try imageScan(name, active, level)
    let normalized = try layerNorm(name + ".out_norm", scanned, channels, hasBias: true)
    let y = try node(name + ".gate", .multiply(Multiply()), normalized, gate)
    let pooled = try node(name + ".pool", .globalAveragePool(GlobalAveragePool()), y)
    let channelScanned = try channelScan(name, pooled, level)
    let c = try layerNorm(name + ".channel_norm", channelScanned, channels, hasBias: true)
    let merged = try merge(name, y, c)
    return try convolution(name + ".out_conv", merged, channels, to: channels, hasBias: true)
  }

  private mutating func imageScan(
    _ name: String, _ input: ValueID, _ level: VmambaIRConfiguration.Level
  ) throws(GraphError) -> ValueID {
    let (directions, channels) = (OmniScan.directionCount, level.channels)
    let (rank, states) = (level.deltaRank, configuration.stateCount)
    let operands = [
      input,
      weight(name + ".x_proj_weight", directions, rank + 2 * states, channels),
      weight(name + ".dt_projs_weight", directions, channels, rank),
      weight(name + ".dt_projs_bias", directions, channels),
      weight(name + ".A_logs", directions * channels, states),
      weight(name + ".Ds", directions * channels),
    ]
    return try graph.appendOne(.omniScan(OmniScan()), operands, name: name + ".scan")
  }

  private mutating func channelScan(
    _ name: String, _ input: ValueID, _ level: VmambaIRConfiguration.Level
  ) throws(GraphError) -> ValueID {
    let (directions, width) = (ChannelScan.directionCount, configuration.channelScanWidth)
    let (rank, states) = (level.channelDeltaRank, configuration.channelStateCount)
    var operands = [
      input,
      weight(name + ".xc_proj_weight", directions, rank + 2 * states, width),
      weight(name + ".dtc_projs_weight", directions, width, rank),
      weight(name + ".dtc_projs_bias", directions, width),
      weight(name + ".Ac_logs", directions * width, states),
      weight(name + ".Dsc", directions * width),
    ]
    if configuration.hasChannelConvolutions {
      operands += [
        weight(name + ".conv_cin.weight", width, 1, 1, 1), weight(name + ".conv_cin.bias", width),
        weight(name + ".conv_cout.weight", 1, width, 1, 1), weight(name + ".conv_cout.bias", 1),
      ]
    }
    return try graph.appendOne(.channelScan(ChannelScan()), operands, name: name + ".channel_scan")
  }

  private mutating func merge(
    _ name: String, _ y: ValueID, _ c: ValueID
  ) throws(GraphError) -> ValueID {
    switch configuration.merge {
    case .add: return try node(name + ".merge", .add(Add()), y, c)
    case .multiplyAdd:
      let scaled = try node(name + ".merge_scale", .multiply(Multiply()), y, c)
      return try node(name + ".merge", .add(Add()), scaled, y)
    }
  }

  /// `project_out(gelu(a) * b)` with `a`, `b` the halves of `dwconv(project_in(x))`.
  ///
  /// Source: `FeedForward` of Restormer.
  private mutating func feedForward(
    _ name: String, _ input: ValueID, _ level: VmambaIRConfiguration.Level
  ) throws(GraphError) -> ValueID {
    let (channels, hidden) = (level.channels, level.hiddenChannels)
    let hasBias = configuration.hasConvolutionBias
    let widened = try convolution(
      name + ".project_in", input, channels, to: 2 * hidden, hasBias: hasBias)
    let local = try convolution(
      name + ".dwconv", widened, 2 * hidden, to: 2 * hidden, kernel: 3, isDepthwise: true,
      hasBias: hasBias)
    let (a, b) = try halves(name + ".split", local, hidden)
    let active = try node(name + ".gelu", .gelu(GELU()), a)
    let gated = try node(name + ".gate", .multiply(Multiply()), active, b)
    return try convolution(name + ".project_out", gated, hidden, to: channels, hasBias: hasBias)
  }
}
