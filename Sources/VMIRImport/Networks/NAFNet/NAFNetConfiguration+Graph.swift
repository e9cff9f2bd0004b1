package import VMIRGraph

extension NAFNetConfiguration {
  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    var builder = ConvolutionalBuilder(data: data)
    let input = builder.input(channels: channels)
    var value = try builder.convolution("intro", input, width)
    var kept: [ValueID] = []
    for (level, count) in encoder.enumerated() {
      for block in 0..<count {
        value = try self.block("encoders.\(level).\(block)", value, level, &builder)
      }
      kept.append(value)
      let name = "downs.\(level)"
      let op = Op.pixelUnshuffle(PixelUnshuffle(factor: 2))
      let small = try builder.graph.appendOne(op, [value], name: name + ".unshuffle")
      value = try builder.convolution(name, small, 2 * builder.channels(value), kernel: 1)
    }
    for block in 0..<middle {
      value = try self.block("middle_blks.\(block)", value, encoder.count, &builder)
    }
    for (index, count) in decoder.enumerated() {
      let name = "ups.\(index)"
      value = try builder.convolution(
        name + ".0", value, 2 * builder.channels(value), kernel: 1, hasBias: false)
      value = try builder.shuffle(name + ".1", value, 2)
      let level = decoder.count - 1 - index
      value = try builder.add(name + ".add", value, kept[level])
      for block in 0..<count {
        value = try self.block("decoders.\(index).\(block)", value, level, &builder)
      }
    }
    value = try builder.convolution("ending", value, channels)
    builder.graph.addOutput(try builder.add("output", value, input))
    return builder.graph
  }

  private func block(
    _ name: String, _ input: ValueID, _ level: Int, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let features = builder.channels(input)
    var value = try normalized(name + ".norm1", input, &builder)
    value = try builder.convolution(
      name + ".conv1", value, features * depthwiseFactor, kernel: 1)
    value = try builder.depthwise(name + ".conv2", value)
    value = try gated(name + ".gate1", value, &builder)
    value = try attended(name, value, level, &builder)
    value = try builder.convolution(name + ".conv3", value, features, kernel: 1)
    let middle = try builder.add(name + ".add1", value, input)

    value = try normalized(name + ".norm2", middle, &builder)
    value = try builder.convolution(
      name + ".conv4", value, features * feedForwardFactor, kernel: 1)
    value = try gated(name + ".gate2", value, &builder)
    value = try builder.convolution(name + ".conv5", value, features, kernel: 1)
    return try builder.add(name + ".add2", value, middle)
  }

  private func normalized(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let count = builder.channels(input)
    let weight = builder.tensor(name + ".weight", [count])
    let bias = builder.tensor(name + ".bias", [count])
    return try builder.graph.appendOne(
      .layerNorm(LayerNorm(isCentred: true, epsilon: 1e-6)), [input, weight, bias], name: name)
  }

  /// The product of both halves of the channels; GELU in the Baseline.
  private func gated(
    _ name: String, _ input: ValueID, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    guard !isBaseline else {
      return try builder.graph.appendOne(.gelu(GELU()), [input], name: name)
    }
    let half = builder.channels(input) / 2
    let halves = try builder.graph.append(
      .splitChannels(SplitChannels(counts: [half, half])), [input], name: name + ".split")
    return try builder.multiply(name, halves[0], halves[1])
  }

  private func attended(
    _ name: String, _ input: ValueID, _ level: Int, _ builder: inout ConvolutionalBuilder
  ) throws(GraphError) -> ValueID {
    let attention = name + (isBaseline ? ".se" : ".sca")
    let side = max(window >> level, 1)
    let op =
      window == 0
      ? Op.globalAveragePool(GlobalAveragePool())
      : .localAveragePool(LocalAveragePool(windowHeight: side, windowWidth: side))
    let means = try builder.graph.appendOne(op, [input], name: attention + ".0")
    let channels = builder.channels(input)
    guard !isBaseline else {
      return try builder.attention(
        attention, input, means, attention + ".1", attention + ".3", squeezed: channels / 2)
    }
    let scale = try builder.convolution(attention + ".1", means, channels, kernel: 1)
    return try builder.multiply(attention, input, scale)
  }
}
