import VMIRCore
package import VMIRGraph

extension RRDBNetConfiguration {
  package func graph(
    data: @escaping (String) -> ConstantData
  ) throws(GraphError) -> Graph {
    var builder = RRDBNetBuilder(configuration: self, data: data)
    try builder.network()
    return builder.graph
  }
}

private struct RRDBNetBuilder {
  let configuration: RRDBNetConfiguration
  let data: (String) -> ConstantData
  var graph = Graph()
  private var slopes: [Int: ValueID] = [:]

  init(configuration: RRDBNetConfiguration, data: @escaping (String) -> ConstantData) {
    self.configuration = configuration
    self.data = data
  }

  mutating func network() throws(GraphError) {
    let (features, channels) = (configuration.featureCount, configuration.channels)
    let input = graph.addInput(
      "input", TensorType(.float32, [.fixed(1), .fixed(channels), .height, .width]))
    var small = input
    if configuration.unshuffle > 1 {
      let op = Op.pixelUnshuffle(PixelUnshuffle(factor: configuration.unshuffle))
      small = try graph.appendOne(op, [input], name: "unshuffle")
    }
    let inputs = channels * configuration.unshuffle * configuration.unshuffle
    let first = try convolution("conv_first", small, inputs, features)
    var value = first
    for block in 0..<configuration.blockCount { value = try self.block("body.\(block)", value) }
    let body = try convolution("conv_body", value, features, features)
    value = try graph.appendOne(.add(Add()), [first, body], name: "conv_body.add")
    for index in 0..<configuration.doublingCount {
      let name = "conv_up\(index + 1)"
      let doubled = try graph.appendOne(
        .resizeNearest(ResizeNearest(factor: 2)), [value], name: name + ".resize")
      value = try activated(name, doubled, features, features)
    }
    value = try activated("conv_hr", value, features, features)
    graph.addOutput(try convolution("conv_last", value, features, channels))
  }

  /// `0.2 * rdb3(rdb2(rdb1(x))) + x`.
  private mutating func block(
    _ name: String, _ input: ValueID
  ) throws(GraphError) -> ValueID {
    var value = input
    for index in 1...3 { value = try dense("\(name).rdb\(index)", value) }
    return try graph.appendOne(
      .scaledAdd(ScaledAdd(alpha: 0.2)), [value, input], name: name + ".residual")
  }

  /// Four convolutions that each see all before them, and a fifth whose result counts 0.2.
  private mutating func dense(
    _ name: String, _ input: ValueID
  ) throws(GraphError) -> ValueID {
    var images = [input]
    var channels = configuration.featureCount
    for index in 1...5 {
      var joined = input
      if images.count > 1 {
        joined = try graph.appendOne(
          .concatChannels(ConcatChannels()), images, name: "\(name).concat\(index)")
      }
      let convolution = "\(name).conv\(index)"
      guard index < 5 else {
        let last = try self.convolution(
          convolution, joined, channels, configuration.featureCount)
        return try graph.appendOne(
          .scaledAdd(ScaledAdd(alpha: 0.2)), [last, input], name: name + ".residual")
      }
      images.append(try activated(convolution, joined, channels, configuration.growth))
      channels += configuration.growth
    }
    return input
  }

  private mutating func convolution(
    _ name: String, _ input: ValueID, _ inputs: Int, _ outputs: Int
  ) throws(GraphError) -> ValueID {
    let weight = constant(name + ".weight", [outputs, inputs, 3, 3], data(name + ".weight"))
    let bias = constant(name + ".bias", [outputs], data(name + ".bias"))
    return try graph.appendOne(
      .conv2D(Conv2D(kernelSize: 3, groups: 1)), [input, weight, bias], name: name)
  }

  /// A convolution and LeakyReLU with slope 0.2.
  private mutating func activated(
    _ name: String, _ input: ValueID, _ inputs: Int, _ outputs: Int
  ) throws(GraphError) -> ValueID {
    let value = try convolution(name, input, inputs, outputs)
    let slope = slopes[outputs] ?? constant("lrelu.\(outputs)", [outputs], leaky(outputs))
    slopes[outputs] = slope
    return try graph.appendOne(.prelu(PReLU()), [value, slope], name: name + ".lrelu")
  }

  private mutating func constant(
    _ name: String, _ shape: [Int], _ data: ConstantData
  ) -> ValueID {
    graph.addConstant(Constant(name: name, dtype: .float32, shape: shape, data: data))
  }

  private func leaky(_ count: Int) -> ConstantData {
    Tensor([count], floats: Array(repeating: 0.2, count: count)).map { .resident($0) } ?? .absent
  }
}
