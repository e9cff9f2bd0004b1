import VMIRCore
import VMIRGraph

// Operators with a constant for each channel.
extension OpRecognizer {
  /// Relu, LeakyRelu and PRelu.
  func recognizeReLU(_ node: InlinedGraph.Node, _ value: Int) throws(Obstacle) -> RecognizedValue {
    guard let data = node.inputs[0] else {
      throw .notRecognized(value: value, reason: "it has no operand")
    }
    let operand = try view(data)
    let count = graph[operand.node].channels
    let slopes: [Float]
    var name = ""
    switch node.op {
    case "PRelu":
      guard node.inputs.count == 2, let slope = node.inputs[1] else {
        throw .notRecognized(value: value, reason: "it has no slope")
      }
      slopes = try channelConstants(slope, of: value, operand)
      name = program.values[slope].name
    case "LeakyRelu":
      slopes = [Float](repeating: node.attributes.float("alpha") ?? 0.01, count: count)
    default: slopes = [Float](repeating: 0, count: count)
    }
    return pointwise(
      .prelu(PReLU()), operand, weights: [try weight(name, [count], slopes)], name: node.name)
  }

  /// A product with, sum with or difference from constants, one a channel, and BatchNormalization.
  func recognizeAffine(_ node: InlinedGraph.Node, _ value: Int) throws(Obstacle) -> RecognizedValue
  {
    let constants = node.inputs.map { program.constant($0) != nil }
    guard let position = constants.firstIndex(of: false), let data = node.inputs[position],
      program.shape(data) == program.shape(value)
    else {
      throw .notRecognized(value: value, reason: "its operands are constants or are repeated")
    }
    let operand = try view(data)
    guard node.op != "BatchNormalization" else {
      let (scales, offsets) = try batchNormalization(node, value, operand)
      return try affine(operand, scales: scales, offsets: offsets, name: node.name)
    }
    do throws(Obstacle) {
      let (scales, offsets) = try affine(node, value, position, operand)
      return try affine(operand, scales: scales, offsets: offsets, name: node.name)
    } catch {
      guard case .notRecognized = error, let found = try table(node, value, position, operand)
      else {
        throw error
      }
      return found
    }
  }

  /// The operator with a constant that differs between pixels; nil where it is none.
  private func table(
    _ node: InlinedGraph.Node, _ value: Int, _ position: Int, _ operand: RecognizedValue
  ) throws(Obstacle) -> RecognizedValue? {
    guard node.inputs.count == 2, let constant = node.inputs[1 - position],
      let shape = program.shape(value), let own = program.shape(constant)
    else { return nil }
    let elements = try floats(constant)
    var operand = operand
    let function: TableBinary.Function
    var element = { (index: Int) in elements[index] }
    switch (node.op, position) {
    case ("Add", _), ("Sum", _): function = .add
    case ("Sub", 0): (function, element) = (.add, { -elements[$0] })
    case ("Sub", _):
      let count = graph[operand.node].channels
      operand = try affine(
        operand, scales: [Float](repeating: -1, count: count), name: node.name)
      function = .add
    case ("Mul", _): function = .multiply
    case ("Div", 0): (function, element) = (.multiply, { 1 / elements[$0] })
    default: return nil
    }
    return try tabled(function, operand, shape, own, name: node.name, element)
  }

  /// A value times a constant plus a constant for each channel.
  func affine(
    _ operand: RecognizedValue, scales: [Float], offsets: [Float]? = nil, name: String
  ) throws(Obstacle) -> RecognizedValue {
    let count = scales.count
    let shifts = offsets ?? [Float](repeating: 0, count: count)
    return pointwise(
      .channelAffine(ChannelAffine()), operand,
      weights: [try weight("", [count], scales), try weight("", [count], shifts)], name: name)
  }

  private func affine(
    _ node: InlinedGraph.Node, _ value: Int, _ position: Int, _ operand: RecognizedValue
  ) throws(Obstacle) -> (scales: [Float], offsets: [Float]) {
    guard node.inputs.count == 2, let constant = node.inputs[1 - position] else {
      throw .notRecognized(value: value, reason: "it has not two operands")
    }
    let other = try channelConstants(constant, of: value, operand)
    let ones = [Float](repeating: 1, count: other.count)
    let zeros = [Float](repeating: 0, count: other.count)
    switch (node.op, position) {
    case ("Mul", _): return (other, zeros)
    case ("Add", _), ("Sum", _): return (ones, other)
    case ("Div", 0): return (other.map { 1 / $0 }, zeros)
    case ("Sub", 0): return (ones, other.map { -$0 })
    case ("Sub", _): return (ones.map { -$0 }, other)
    default: throw .notRecognized(value: value, reason: "a constant is divided by it")
    }
  }

  private func batchNormalization(
    _ node: InlinedGraph.Node, _ value: Int, _ operand: RecognizedValue
  ) throws(Obstacle) -> (scales: [Float], offsets: [Float]) {
    let count = graph[operand.node].channels
    var parameters: [[Float]] = []
    for input in node.inputs.dropFirst() {
      guard let input, program.constant(input)?.count == count else {
        throw .notRecognized(value: value, reason: "its parameters are not one constant a channel")
      }
      parameters.append(try floats(input))
    }
    guard parameters.count == 4, operand.map == nil,
      node.attributes.integer("training_mode") ?? 0 == 0
    else { throw .notRecognized(value: value, reason: "it is not that of inference on an image") }
    let epsilon = Double(node.attributes.float("epsilon") ?? 1e-5)
    var (scales, offsets) = ([Float](), [Float]())
    for channel in 0..<count {
      let deviation = (Double(parameters[3][channel]) + epsilon).squareRoot()
      let factor = Double(parameters[0][channel]) / deviation
      scales.append(Float(factor))
      offsets.append(
        Float(Double(parameters[1][channel]) - Double(parameters[2][channel]) * factor))
    }
    return (scales, offsets)
  }

  /// Elements of a constant that has one for each channel of an operand that it is broadcast to.
  ///
  /// - Throws: `notRecognized` where it differs between pixels.
  func channelConstants(
    _ constant: Int, of value: Int, _ operand: RecognizedValue
  ) throws(Obstacle) -> [Float] {
    let whole = graph[operand.node]
    guard let shape = program.shape(value), let own = program.shape(constant),
      shape.reduce(1, *) == whole.elementCount, broadcasts(own, to: shape)
    else { throw .notRecognized(value: value, reason: "a constant is broadcast in an unknown way") }
    let given = try floats(constant)
    if given.count == 1 { return [Float](repeating: given[0], count: whole.channels) }
    let plane = whole.height * whole.width
    // A constant of one axis repeats within so many elements; all channels are among them.
    let period = min(whole.elementCount, 1 << 18)
    var found = [Float?](repeating: nil, count: whole.channels)
    let indices =
      operand.map == nil
      ? (0..<whole.channels).map { $0 * plane } : Array(0..<period)
    for index in indices + samples(whole.elementCount) {
      let target = operand.place(index) ?? 0
      let element = given[broadcastIndex(index, in: shape, of: own)]
      guard found[target / plane] ?? element == element else {
        throw .notRecognized(
          value: value, reason: "a constant differs between the pixels of a channel")
      }
      found[target / plane] = element
    }
    guard !found.contains(nil) else {
      throw .notRecognized(value: value, reason: "a constant is broadcast in an unknown way")
    }
    return found.compactMap { $0 }
  }
}
