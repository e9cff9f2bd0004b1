import VMIRCore
import VMIRGraph

// Operators with a constant for each channel.
extension Lowering {
  /// Relu, LeakyRelu and PRelu.
  func lowerReLU(_ node: FlatProgram.Node, _ value: Int) throws(Obstacle) -> Lowered {
    guard let data = node.inputs[0] else {
      throw .cannot(value: value, reason: "it has no operand")
    }
    let image = try image(data)
    let whole = graph.nodes[image]
    let slopes: [Float]
    switch node.op {
    case "PRelu":
      guard node.inputs.count == 2, let slope = node.inputs[1],
        let found = try channelConstants(slope, whole.channels)
      else { throw .cannot(value: value, reason: "its slope is not one constant a channel") }
      slopes = found
    case "LeakyRelu":
      let slope = node.attributes.float("alpha") ?? 0.01
      slopes = [Float](repeating: slope, count: whole.channels)
    default: slopes = [Float](repeating: 0, count: whole.channels)
    }
    let name = node.op == "PRelu" ? node.inputs[1].map { program.values[$0].name } ?? "" : ""
    let weight = try weight(name, [whole.channels], slopes)
    return Lowered(
      node: graph.add(
        .op(.prelu(PReLU())), [image], weights: [weight],
        (whole.channels, whole.height, whole.width), name: node.name), map: nil)
  }

  /// A product with, sum with or difference from constants, one a channel, and BatchNormalization:
  /// a depthwise convolution whose kernel is its centre.
  func lowerAffine(_ node: FlatProgram.Node, _ value: Int) throws(Obstacle) -> Lowered {
    let constants = node.inputs.map { program.constant($0) != nil }
    guard let position = constants.firstIndex(of: false), let data = node.inputs[position] else {
      throw .cannot(value: value, reason: "all its operands are constants")
    }
    let image = try image(data)
    let whole = graph.nodes[image]
    let (scales, offsets) = try affine(node, value, position, whole.channels)
    var kernel = [Float](repeating: 0, count: 9 * whole.channels)
    for (channel, scale) in scales.enumerated() { kernel[channel * 9 + 4] = scale }
    var weights = [try weight("", [whole.channels, 1, 3, 3], kernel)]
    if offsets.contains(where: { $0 != 0 }) {
      weights.append(try weight("", [whole.channels], offsets))
    }
    let op = Conv2D(kernelSize: 3, groups: whole.channels)
    return Lowered(
      node: graph.add(
        .op(.conv2D(op)), [image], weights: weights,
        (whole.channels, whole.height, whole.width), name: node.name), map: nil)
  }

  private func affine(
    _ node: FlatProgram.Node, _ value: Int, _ position: Int, _ channels: Int
  ) throws(Obstacle) -> (scales: [Float], offsets: [Float]) {
    func constants(_ index: Int) throws(Obstacle) -> [Float] {
      guard node.inputs.indices.contains(index), let operand = node.inputs[index],
        let found = try channelConstants(
          operand, channels, isVector: node.op == "BatchNormalization")
      else { throw .cannot(value: value, reason: "an operand is not one constant a channel") }
      return found
    }
    let ones = [Float](repeating: 1, count: channels)
    let zeros = [Float](repeating: 0, count: channels)
    if node.op == "BatchNormalization" {
      guard position == 0 else { throw .cannot(value: value, reason: "its input is constant") }
      let (scale, bias) = (try constants(1), try constants(2))
      let (mean, variance) = (try constants(3), try constants(4))
      let epsilon = Double(node.attributes.float("epsilon") ?? 1e-5)
      var (scales, offsets) = (ones, zeros)
      for channel in 0..<channels {
        let factor = Double(scale[channel]) / (Double(variance[channel]) + epsilon).squareRoot()
        scales[channel] = Float(factor)
        offsets[channel] = Float(Double(bias[channel]) - Double(mean[channel]) * factor)
      }
      return (scales, offsets)
    }
    guard node.inputs.count == 2 else {
      throw .cannot(value: value, reason: "it has not two operands")
    }
    let other = try constants(1 - position)
    switch (node.op, position) {
    case ("Mul", _): return (other, zeros)
    case ("Add", _), ("Sum", _): return (ones, other)
    case ("Div", 0): return (other.map { 1 / $0 }, zeros)
    case ("Sub", 0): return (ones, other.map { -$0 })
    case ("Sub", _): return (ones.map { -$0 }, other)
    default: throw .cannot(value: value, reason: "a constant is divided by it")
    }
  }

  /// Elements of a constant that is a scalar or has one element a channel of `[1, C, H, W]`; nil
  /// where it is neither.
  private func channelConstants(
    _ value: Int, _ channels: Int, isVector: Bool = false
  ) throws(Obstacle) -> [Float]? {
    guard let constant = program.values[value].constant else { return nil }
    let floats = try floats(value)
    if constant.count == 1, constant.shape.count <= 4 {
      return [Float](repeating: floats[0], count: channels)
    }
    guard constant.count == channels else { return nil }
    // Of the last three axes only the channels may differ from 1; a single axis would be W's.
    let shape = constant.shape
    let isLeading = shape.count >= 3 && shape[shape.count - 3] == channels
    return isLeading || isVector && shape.count == 1 ? floats : nil
  }
}
