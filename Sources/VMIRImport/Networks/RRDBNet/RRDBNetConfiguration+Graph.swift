package import VMIRGraph

extension RRDBNetConfiguration {
  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    var builder = RRDBNetBuilder(configuration: self, builder: ConvolutionalBuilder(data: data))
    try builder.network()
    return builder.builder.graph
  }
}

private struct RRDBNetBuilder {
  let configuration: RRDBNetConfiguration
  var builder: ConvolutionalBuilder

  mutating func network() throws(GraphError) {
    let features = configuration.featureCount
    let input = builder.input(channels: configuration.channels)
    var small = input
    if configuration.unshuffle > 1 {
      let op = Op.pixelUnshuffle(PixelUnshuffle(factor: configuration.unshuffle))
      small = try builder.graph.appendOne(op, [input], name: "unshuffle")
    }
    let first = try builder.convolution("conv_first", small, features)
    var value = first
    for block in 0..<configuration.blockCount { value = try self.block("body.\(block)", value) }
    let body = try builder.convolution("conv_body", value, features)
    value = try builder.add("conv_body.add", first, body)
    for index in 0..<configuration.doublingCount {
      let name = "conv_up\(index + 1)"
      value = try activated(name, try builder.nearest(name + ".resize", value, 2), features)
    }
    value = try activated("conv_hr", value, features)
    builder.graph.addOutput(try builder.convolution("conv_last", value, configuration.channels))
  }

  /// `0.2 * rdb3(rdb2(rdb1(x))) + x`.
  private mutating func block(
    _ name: String, _ input: ValueID
  ) throws(GraphError) -> ValueID {
    var value = input
    for index in 1...3 { value = try dense("\(name).rdb\(index)", value) }
    return try builder.add(name + ".residual", value, input, factor: 0.2)
  }

  /// Four convolutions that each see all before them, and a fifth whose result counts 0.2.
  private mutating func dense(
    _ name: String, _ input: ValueID
  ) throws(GraphError) -> ValueID {
    var images = [input]
    for index in 1...4 {
      let joined = try joined("\(name).concat\(index)", images)
      images.append(try activated("\(name).conv\(index)", joined, configuration.growth))
    }
    let last = try builder.convolution(
      name + ".conv5", try joined(name + ".concat5", images), configuration.featureCount)
    return try builder.add(name + ".residual", last, input, factor: 0.2)
  }

  private mutating func joined(
    _ name: String, _ images: [ValueID]
  ) throws(GraphError) -> ValueID {
    guard images.count > 1 else { return images[0] }
    return try builder.graph.appendOne(.concatChannels(ConcatChannels()), images, name: name)
  }

  /// A convolution and LeakyReLU with slope 0.2.
  private mutating func activated(
    _ name: String, _ input: ValueID, _ outputs: Int
  ) throws(GraphError) -> ValueID {
    try builder.relu(name, try builder.convolution(name, input, outputs), slope: 0.2)
  }
}
