import VMIRCore
import VMIRGraph

/// Builds a body with a convolution at each end.
struct RestormerBuilder {
  /// What was built.
  var builder: ConvolutionalBuilder
  let body: RestormerBody
  /// What stands before the names of the body's tensors.
  var prefix = ""
  /// What modulates each block, `[1, 4 n, 1, 1]`; nil for nothing.
  var condition: ValueID?

  /// The first features, `[1, dim, H, W]`, and those at the end, `[1, 2 dim, H, W]`.
  mutating func features(
    _ input: ValueID
  ) throws(GraphError) -> (first: ValueID, last: ValueID) {
    let dim = body.dim
    let first = try convolution("patch_embed.proj", input, dim, kernel: 3, hasBias: false)
    let encoded1 = try stage(.encoderLevel1, first)
    let encoded2 = try stage(.encoderLevel2, try down("down1_2", encoded1))
    let encoded3 = try stage(.encoderLevel3, try down("down2_3", encoded2))
    let latent = try stage(.latent, try down("down3_4", encoded3))
    let joined3 = try join(try up("up4_3", latent), encoded3, level: 3)
    let reduced3 = try convolution("reduce_chan_level3", joined3, 4 * dim)
    let decoded3 = try stage(.decoderLevel3, reduced3)
    let joined2 = try join(try up("up3_2", decoded3), encoded2, level: 2)
    let reduced2 = try convolution("reduce_chan_level2", joined2, 2 * dim)
    let decoded2 = try stage(.decoderLevel2, reduced2)
    let joined1 = try join(try up("up2_1", decoded2), encoded1, level: 1)
    return (first, try stage(.refinement, try stage(.decoderLevel1, joined1)))
  }

  /// A convolution with a bias where the body's have one, or as said.
  mutating func convolution(
    _ name: String, _ input: ValueID, _ outputs: Int, kernel: Int = 1, hasBias: Bool? = nil
  ) throws(GraphError) -> ValueID {
    try builder.convolution(
      prefix + name, input, outputs, kernel: kernel, hasBias: hasBias ?? body.hasConvolutionBias)
  }

  /// A node of the body.
  mutating func node(
    _ name: String, _ op: Op, _ operands: ValueID...
  ) throws(GraphError) -> ValueID {
    try builder.graph.appendOne(op, operands, name: prefix + name)
  }

  // MARK: Levels

  private mutating func stage(_ stage: Stage, _ input: ValueID) throws(GraphError) -> ValueID {
    var value = input
    for index in 0..<body.blockCounts[stage] {
      value = try block("\(stage.rawValue).\(index)", value, stage)
    }
    return value
  }

  /// Halves height and width and doubles the channels.
  private mutating func down(_ name: String, _ input: ValueID) throws(GraphError) -> ValueID {
    let narrowed = try convolution(
      name + ".body.0", input, builder.channels(input) / 2, kernel: 3, hasBias: false)
    return try node(name + ".shuffle", .pixelUnshuffle(PixelUnshuffle(factor: 2)), narrowed)
  }

  /// Doubles height and width and halves the channels.
  private mutating func up(_ name: String, _ input: ValueID) throws(GraphError) -> ValueID {
    let widened = try convolution(
      name + ".body.0", input, 2 * builder.channels(input), kernel: 3, hasBias: false)
    return try node(name + ".shuffle", .pixelShuffle(PixelShuffle(factor: 2)), widened)
  }

  private mutating func join(
    _ decoded: ValueID, _ encoded: ValueID, level: Int
  ) throws(GraphError) -> ValueID {
    try node("concat_level\(level)", .concatChannels(ConcatChannels()), decoded, encoded)
  }

  // MARK: Blocks

  /// `x + attn(norm1(x))`, then `x + ffn(norm2(x))`.
  ///
  /// Source: `TransformerBlock`.
  private mutating func block(
    _ name: String, _ input: ValueID, _ stage: Stage
  ) throws(GraphError) -> ValueID {
    let norm1 = try modulated(name + ".attn", try layerNorm(name + ".norm1", input))
    let attended = try attention(name + ".attn", norm1, body.headCounts[stage.index])
    let middle = try node(name + ".attn.residual", .add(Add()), input, attended)
    let norm2 = try modulated(name + ".ffn", try layerNorm(name + ".norm2", middle))
    let fed = try feedForward(name + ".ffn", norm2, body.hiddenChannels[stage.level])
    return try node(name + ".ffn.residual", .add(Add()), middle, fed)
  }

  private mutating func layerNorm(_ name: String, _ input: ValueID) throws(GraphError) -> ValueID {
    let channels = builder.channels(input)
    var operands = [input, builder.tensor(prefix + name + ".body.weight", [channels])]
    if body.hasNormBias {
      operands.append(builder.tensor(prefix + name + ".body.bias", [channels]))
    }
    return try builder.graph.appendOne(
      .layerNorm(LayerNorm(isCentred: body.hasNormBias)), operands, name: prefix + name)
  }

  /// `x * k1 + k2` with the halves of `kernel.0` times the condition.
  ///
  /// Source: `Attention` and `FeedForward` of DiffIR.
  private mutating func modulated(
    _ name: String, _ input: ValueID
  ) throws(GraphError) -> ValueID {
    guard let condition else { return input }
    let channels = builder.channels(input)
    let both = try convolution(
      name + ".kernel.0", condition, 2 * channels, hasBias: false)
    let halves = try builder.graph.append(
      .splitChannels(SplitChannels(counts: [channels, channels])), [both],
      name: prefix + name + ".kernel.split")
    let scaled = try node(name + ".scale", .multiply(Multiply()), input, halves[0])
    return try node(name + ".shift", .add(Add()), scaled, halves[1])
  }

  /// Source: `Attention` of Restormer.
  private mutating func attention(
    _ name: String, _ input: ValueID, _ heads: Int
  ) throws(GraphError) -> ValueID {
    let channels = builder.channels(input)
    let wide = try convolution(name + ".qkv", input, 3 * channels)
    let qkv = try builder.depthwise(
      prefix + name + ".qkv_dwconv", wide, hasBias: body.hasConvolutionBias)
    let temperature = builder.tensor(prefix + name + ".temperature", [heads])
    let attended = try node(
      name + ".attention", .channelAttention(ChannelAttention()), qkv, temperature)
    return try convolution(name + ".project_out", attended, channels)
  }

  /// `project_out(gelu(a) * b)` with `a`, `b` the halves of `dwconv(project_in(x))`.
  ///
  /// Source: `FeedForward` of Restormer.
  private mutating func feedForward(
    _ name: String, _ input: ValueID, _ hidden: Int
  ) throws(GraphError) -> ValueID {
    let widened = try convolution(name + ".project_in", input, 2 * hidden)
    let local = try builder.depthwise(
      prefix + name + ".dwconv", widened, hasBias: body.hasConvolutionBias)
    let halves = try builder.graph.append(
      .splitChannels(SplitChannels(counts: [hidden, hidden])), [local],
      name: prefix + name + ".split")
    let active = try node(name + ".gelu", .gelu(GELU()), halves[0])
    let gated = try node(name + ".gate", .multiply(Multiply()), active, halves[1])
    return try convolution(name + ".project_out", gated, builder.channels(input))
  }
}
