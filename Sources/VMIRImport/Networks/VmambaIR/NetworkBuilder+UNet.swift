import VMIRCore
package import VMIRGraph

extension VmambaIRConfiguration {
  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    var builder = NetworkBuilder(configuration: self, data: data)
    try builder.network()
    return builder.graph
  }
}

extension NetworkBuilder {
  fileprivate mutating func network() throws(GraphError) {
    let dim = configuration.dim
    let input = graph.addInput(
      "input",
      TensorType(.float32, [.fixed(1), .fixed(configuration.inputChannels), .height, .width]))
    let first = try convolution(
      "patch_embed.proj", input, configuration.inputChannels, to: dim, kernel: 3, hasBias: false)
    let encoded1 = try stage(.encoderLevel1, first)
    let encoded2 = try stage(.encoderLevel2, try down("down1_2", encoded1, dim))
    let encoded3 = try stage(.encoderLevel3, try down("down2_3", encoded2, 2 * dim))
    let latent = try stage(.latent, try down("down3_4", encoded3, 4 * dim))
    let joined3 = try join(try up("up4_3", latent, 8 * dim), encoded3, level: 3)
    let decoded3 = try stage(.decoderLevel3, try reduce(joined3, level: 3, to: 4 * dim))
    let joined2 = try join(try up("up3_2", decoded3, 4 * dim), encoded2, level: 2)
    let decoded2 = try stage(.decoderLevel2, try reduce(joined2, level: 2, to: 2 * dim))
    let joined1 = try join(try up("up2_1", decoded2, 2 * dim), encoded1, level: 1)
    let features = try stage(.refinement, try stage(.decoderLevel1, joined1))
    let output =
      configuration.architecture.isSuperResolution
      ? try tail(features, input: input)
      : try output(features, first: first, input: input)
    graph.addOutput(output)
  }

  private mutating func stage(_ stage: Stage, _ input: ValueID) throws(GraphError) -> ValueID {
    var value = input
    for index in 0..<configuration.blockCounts[stage] {
      value = try block(
        "\(stage.rawValue).\(index)", value, configuration.levels[stage.level])
    }
    return value
  }

  /// Halves height and width and doubles the channels.
  private mutating func down(
    _ name: String, _ input: ValueID, _ channels: Int
  ) throws(GraphError) -> ValueID {
    let narrowed = try convolution(
      name + ".body.0", input, channels, to: channels / 2, kernel: 3, hasBias: false)
    return try node(name + ".shuffle", .pixelUnshuffle(PixelUnshuffle(factor: 2)), narrowed)
  }

  /// Doubles height and width and halves the channels.
  private mutating func up(
    _ name: String, _ input: ValueID, _ channels: Int
  ) throws(GraphError) -> ValueID {
    let widened = try convolution(
      name + ".body.0", input, channels, to: 2 * channels, kernel: 3, hasBias: false)
    return try node(name + ".shuffle", .pixelShuffle(PixelShuffle(factor: 2)), widened)
  }

  private mutating func join(
    _ decoded: ValueID, _ encoded: ValueID, level: Int
  ) throws(GraphError) -> ValueID {
    try node("concat_level\(level)", .concatChannels(ConcatChannels()), decoded, encoded)
  }

  private mutating func reduce(
    _ input: ValueID, level: Int, to channels: Int
  ) throws(GraphError) -> ValueID {
    try convolution(
      "reduce_chan_level\(level)", input, 2 * channels, to: channels,
      hasBias: configuration.hasConvolutionBias)
  }

  /// Enlarges four times and adds the input, enlarged likewise.
  private mutating func tail(_ features: ValueID, input: ValueID) throws(GraphError) -> ValueID {
    let channels = 2 * configuration.dim
    var value = features
    for index in [0, 2] {
      value = try convolution(
        "tail.0.\(index)", value, channels, to: 4 * channels, kernel: 3, hasBias: true)
      value = try node("tail.0.\(index + 1)", .pixelShuffle(PixelShuffle(factor: 2)), value)
    }
    value = try convolution(
      "tail.1", value, channels, to: configuration.outputChannels, kernel: 3, hasBias: true)
    let enlarged = try node("tail.upsample", .resizeNearest(ResizeNearest(factor: 4)), input)
    return try node("restored", .add(Add()), value, enlarged)
  }

  /// Makes an image of the features and adds the input; a dual-pixel network adds its first
  /// features instead, before the image is made.
  private mutating func output(
    _ features: ValueID, first: ValueID, input: ValueID
  ) throws(GraphError) -> ValueID {
    let channels = 2 * configuration.dim
    let hasBias = configuration.hasConvolutionBias
    var features = features
    if configuration.isDualPixel {
      let skipped = try convolution(
        "skip_conv", first, configuration.dim, to: channels, hasBias: hasBias)
      features = try node("skip_add", .add(Add()), features, skipped)
    }
    let image = try convolution(
      "output", features, channels, to: configuration.outputChannels, kernel: 3, hasBias: hasBias)
    guard !configuration.isDualPixel else { return image }
    return try node("restored", .add(Add()), image, input)
  }
}
