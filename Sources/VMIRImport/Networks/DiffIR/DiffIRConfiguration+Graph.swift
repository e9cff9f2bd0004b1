package import VMIRGraph

extension DiffIRConfiguration {
  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    var builder = ConvolutionalBuilder(data: data)
    let colors = pictureChannels
    let input = builder.input(channels: colors + (ending == .masked ? 1 : 0))
    let (picture, mask) = try masked(input, colors, &builder)
    var taken = picture
    if let mask {
      let channel = try firstChannel(mask, &builder)
      taken = try builder.graph.appendOne(
        .concatChannels(ConcatChannels()), [picture, channel], name: "masked_input")
    }
    let pixels = try unshuffled("unshuffle", taken, unshuffling, &builder)
    let condition = try condition(
      try unshuffled("condition.unshuffle", pixels, conditionFactor, &builder), &builder)
    let z = try diffused(condition, &builder)
    var body = RestormerBuilder(builder: builder, body: body, prefix: "G.", condition: z)
    let features = try body.features(pixels).last
    let result: ValueID
    switch ending {
    case .enlarging: result = try enlarged(features, picture, colors, &body)
    case .residual:
      let image = try body.convolution("output", features, colors, kernel: 3)
      result = try body.node("restored", .add(Add()), image, picture)
    case .masked:
      let image = try body.convolution("output", features, colors, kernel: 3)
      guard let mask else { return body.builder.graph }
      let filled = try body.node("filled", .multiply(Multiply()), image, mask)
      result = try body.node("restored", .add(Add()), filled, picture)
    }
    body.builder.graph.addOutput(result)
    return body.builder.graph
  }

  /// Colours of the picture.
  private var pictureChannels: Int {
    body.inputChannels / (unshuffling * unshuffling) - (ending == .masked ? 1 : 0)
  }

  private func unshuffled(
    _ name: String, _ input: ValueID, _ factor: Int, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    guard factor > 1 else { return input }
    return try builder.graph.appendOne(
      .pixelUnshuffle(PixelUnshuffle(factor: factor)), [input], name: name)
  }

  // MARK: The mask

  /// The picture without what the mask covers, and the mask, 0 or 1, in as many channels.
  ///
  /// The mask is 1 wherever it is not black. A picture that is black there already stays as it is.
  private func masked(
    _ input: ValueID, _ colors: Int, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> (picture: ValueID, mask: ValueID?) {
    guard ending == .masked else { return (input, nil) }
    let parts = try builder.graph.append(
      .splitChannels(SplitChannels(counts: [colors, 1])), [input], name: "mask.split")
    // By 2^20 in all, more than the 65535 levels of a picture: the least of them becomes 1.
    let steep = builder.constant("mask.steep", [1024])
    let none = builder.constant("mask.none", [0])
    var scaled = parts[1]
    for step in 1...2 {
      scaled = try builder.graph.appendOne(
        .channelAffine(ChannelAffine()), [scaled, steep, none], name: "mask.scaled\(step)")
    }
    let binary = try builder.graph.appendOne(
      .clip(Clip(low: 0, high: 1)), [scaled], name: "mask.binary")
    let mask = try builder.graph.appendOne(
      .concatChannels(ConcatChannels()), Array(repeating: binary, count: colors), name: "mask")
    let minus = builder.constant("mask.minus", Array(repeating: -1, count: colors))
    let one = builder.constant("mask.one", Array(repeating: 1, count: colors))
    let kept = try builder.graph.appendOne(
      .channelAffine(ChannelAffine()), [mask, minus, one], name: "mask.kept")
    return (try builder.multiply("masked_picture", parts[0], kept), mask)
  }

  private func firstChannel(
    _ mask: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    try builder.graph.appendOne(
      .gatherChannels(GatherChannels(channels: [0])), [mask], name: "mask.channel")
  }

  // MARK: z

  /// The condition c, `[1, 4 n, 1, 1]`.
  ///
  /// Source: `CPEN` of DiffIR.
  private func condition(
    _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    func activated(
      _ name: String, _ input: ValueID, _ outputs: Int, kernel: Int = 3
    ) throws(GraphError) -> ValueID {
      let value = try builder.convolution(name, input, outputs, kernel: kernel)
      return try builder.relu(name, value, slope: 0.1)
    }
    var value = try activated("condition.E.0", input, features)
    for block in 0..<conditionBlockCount {
      let name = "condition.E.\(2 + block)"
      let hidden = try activated(name + ".body.0", value, features)
      let change = try builder.convolution(name + ".body.2", hidden, features)
      value = try builder.add(name + ".residual", value, change)
    }
    for (index, factor) in [2, 2, 4].enumerated() {
      value = try activated(
        "condition.E.\(wideningIndex + 2 * index)", value, factor * features)
    }
    let mean = try builder.graph.appendOne(
      .globalAveragePool(GlobalAveragePool()), [value], name: "condition.mean")
    let hidden = try activated("condition.mlp.0", mean, width, kernel: 1)
    return try activated("condition.mlp.2", hidden, width, kernel: 1)
  }

  /// z after all steps, from the noise.
  ///
  /// Source: `DDPM` of DiffIR at inference, without clipping and without noise on the way.
  private func diffused(
    _ condition: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let zero = builder.constant("zero", Array(repeating: 0, count: width))
    let noise = builder.constant("noise", startingNoise)
    let weight = builder.tensor("denoise.resmlp.0.weight", [width, 2 * width, 1, 1])
    var layers: [(weight: ValueID, bias: ValueID)] = []
    for layer in 0..<denoisingLayerCount {
      let name = "denoise.resmlp.\(layer + 2).resmlp.0"
      layers.append(
        (
          builder.tensor(name + ".weight", [width, width, 1, 1]),
          builder.tensor(name + ".bias", [width])
        ))
    }
    // An operator has no image without an operand: this one counts nothing.
    var z = try builder.graph.appendOne(
      .channelAffine(ChannelAffine()), [condition, zero, noise], name: "z.noise")
    for step in (0..<stepCount).reversed() {
      let name = "denoise.step\(step)"
      let joined = try builder.graph.appendOne(
        .concatChannels(ConcatChannels()), [condition, z], name: name + ".joined")
      var value = joined
      let first = (weight, builder.tensor(name + ".bias", [width]))
      for (index, layer) in ([first] + layers).enumerated() {
        let product = try builder.graph.appendOne(
          .conv2D(Conv2D(kernelSize: 1)), [value, layer.0, layer.1], name: "\(name).\(index)")
        value = try builder.relu("\(name).\(index)", product, slope: 0.1)
      }
      let made = try builder.graph.appendOne(
        .channelAffine(ChannelAffine()),
        [value, builder.tensor(name + ".coef1", [width]), zero], name: name + ".made")
      let kept = try builder.graph.appendOne(
        .channelAffine(ChannelAffine()),
        [z, builder.tensor(name + ".coef2", [width]), zero], name: name + ".kept")
      z = try builder.add(name + ".z", made, kept)
    }
    return z
  }

  // MARK: The end

  /// `tail`, and the enlarged picture.
  private func enlarged(
    _ features: ValueID, _ picture: ValueID, _ colors: Int, _ body: inout RestormerBuilder
  ) throws(GraphError) -> ValueID {
    var value = features
    for index in [0, 2] {
      value = try body.convolution(
        "tail.0.\(index)", value, 4 * self.body.outputChannels, kernel: 3, hasBias: true)
      value = try body.node(
        "tail.0.\(index + 1)", .pixelShuffle(PixelShuffle(factor: 2)), value)
    }
    value = try body.convolution("tail.1", value, colors, kernel: 3, hasBias: true)
    let base = try body.builder.nearest("base", picture, scale)
    return try body.node("restored", .add(Add()), value, base)
  }
}
