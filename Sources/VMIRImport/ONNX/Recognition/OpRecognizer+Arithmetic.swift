import VMIRCore
import VMIRGraph

// Sums, differences, products and quotients of two computed values, and functions of one.
extension OpRecognizer {
  /// A function of a single operand, maybe with constants; nil where a node is none.
  func recognizeFunction(
    _ node: InlinedGraph.Node, _ value: Int
  ) throws(Obstacle) -> RecognizedValue? {
    guard !node.inputs.isEmpty else { return nil }
    switch node.op {
    case "Pow": return try recognizePower(node, value)
    case "Clip": return try recognizeClip(node, value)
    case "Min", "Max": return try recognizeBound(node, value)
    case "Div":
      // A constant over it.
      guard node.inputs.count == 2, program.constant(node.inputs[0]) != nil,
        let data = node.inputs[1],
        program.constant(data) == nil, program.shape(data) == program.shape(value)
      else { return nil }
      let inverse = pointwise(
        .unary(Unary(.reciprocal)), try view(data), weights: [], name: node.name)
      guard let constant = node.inputs[0] else { return nil }
      let factors = try channelConstants(constant, of: value, inverse)
      return try affine(inverse, scales: factors, name: node.name)
    case "Selu":
      let alpha = node.attributes.float("alpha") ?? 1.673_263_2
      let gamma = node.attributes.float("gamma") ?? 1.050_701
      let curve = try applied([.unary(Unary(.elu, alpha: alpha, beta: 1))], node, value)
      let count = graph[curve.node].channels
      return try affine(
        curve, scales: [Float](repeating: gamma, count: count), name: node.name)
    case "Neg":
      guard let data = node.inputs[0] else { return nil }
      return try negated(try view(data), name: node.name)
    default:
      guard let op = function(node) else { return nil }
      return try applied([op], node, value)
    }
  }

  /// The operator of the IR that an operator of one operand is; nil where it is none.
  private func function(_ node: InlinedGraph.Node) -> Op? {
    func float(_ name: String, _ standard: Float) -> Float {
      node.attributes.float(name) ?? standard
    }
    switch node.op {
    case "Abs": return .unary(Unary(.abs))
    case "Elu": return .unary(Unary(.elu, alpha: float("alpha", 1), beta: 1))
    case "Celu":
      let alpha = float("alpha", 1)
      return alpha == 0 ? nil : .unary(Unary(.elu, alpha: alpha, beta: 1 / alpha))
    case "Erf": return .unary(Unary(.erf))
    case "Exp": return .unary(Unary(.exp))
    case "Gelu":
      return node.attributes.string("approximate") == "tanh"
        ? .unary(Unary(.geluTanh)) : .gelu(GELU())
    case "HardSigmoid":
      return .unary(Unary(.hardSigmoid, alpha: float("alpha", 0.2), beta: float("beta", 0.5)))
    case "HardSwish": return .unary(Unary(.hardSwish, alpha: 1.0 / 6, beta: 0.5))
    case "Mish": return .unary(Unary(.mish))
    case "Reciprocal": return .unary(Unary(.reciprocal))
    case "Softplus": return .unary(Unary(.softplus))
    case "Softsign": return .unary(Unary(.softsign))
    case "Sqrt": return .unary(Unary(.sqrt))
    case "Swish":
      let alpha = float("alpha", 1)
      return alpha == 1 ? .silu(SiLU()) : .unary(Unary(.swish, alpha: alpha))
    case "Tanh": return .unary(Unary(.tanh))
    default: return nil
    }
  }

  /// Functions one after another of a node's first operand.
  private func applied(
    _ ops: [Op], _ node: InlinedGraph.Node, _ value: Int
  ) throws(Obstacle) -> RecognizedValue {
    guard let data = node.inputs[0] else {
      throw .notRecognized(value: value, reason: "it has no operand")
    }
    var result = try view(data)
    for op in ops { result = pointwise(op, result, weights: [], name: node.name) }
    return result
  }

  private func recognizePower(
    _ node: InlinedGraph.Node, _ value: Int
  ) throws(Obstacle) -> RecognizedValue? {
    guard node.inputs.count == 2, let data = node.inputs[0], let power = node.inputs[1],
      program.constant(power) != nil, program.shape(data) == program.shape(value)
    else { return nil }
    let all = try floats(power)
    guard let exponent = all.first, all.allSatisfy({ $0 == exponent }) else { return nil }
    switch exponent {
    case 0.5: return try applied([.unary(Unary(.sqrt))], node, value)
    case -0.5: return try applied([.unary(Unary(.rsqrt))], node, value)
    case -1: return try applied([.unary(Unary(.reciprocal))], node, value)
    case 1, 2, 3, 4:
      let x = try view(data)
      var result = x
      for _ in 1..<max(Int(exponent), 1) { result = product(x, result, name: node.name) }
      return result
    default: throw .notRecognized(value: value, reason: "its exponent is \(exponent)")
    }
  }

  private func product(
    _ a: RecognizedValue, _ b: RecognizedValue, name: String
  ) -> RecognizedValue {
    let whole = graph[a.node]
    let node = graph.add(
      .op(.multiply(Multiply())), [a.node, b.node], (whole.channels, whole.height, whole.width),
      name: name)
    return relocated(a, to: node)
  }

  /// The layout of a value for another node of the same size.
  private func relocated(_ value: RecognizedValue, to node: RecognizedGraph.ID) -> RecognizedValue {
    guard let map = value.map else { return RecognizedValue(node: node, map: nil) }
    return RecognizedValue(node: node) { index in
      map(index).map { NodeElement(node: node, index: $0.index) }
    }
  }

  private func recognizeClip(
    _ node: InlinedGraph.Node, _ value: Int
  ) throws(Obstacle) -> RecognizedValue {
    func bound(_ name: String, _ index: Int) throws(Obstacle) -> Float? {
      if let value = node.attributes.float(name) { return value }
      guard node.inputs.indices.contains(index), let operand = node.inputs[index] else {
        return nil
      }
      guard program.constant(operand)?.count == 1 else {
        throw .notRecognized(value: value, reason: "its bounds are computed")
      }
      return try floats(operand).first
    }
    return try clipped(try bound("min", 1), try bound("max", 2), node, value)
  }

  /// Min and Max with one number.
  private func recognizeBound(
    _ node: InlinedGraph.Node, _ value: Int
  ) throws(Obstacle) -> RecognizedValue? {
    guard node.inputs.count == 2,
      let position = node.inputs.firstIndex(where: { program.constant($0) == nil }),
      let data = node.inputs[position], let constant = node.inputs[1 - position],
      program.constant(constant) != nil, program.shape(data) == program.shape(value)
    else { return nil }
    let all = try floats(constant)
    guard let bound = all.first, all.allSatisfy({ $0 == bound }) else { return nil }
    let isMin = node.op == "Min"
    return try clipped(
      isMin ? nil : bound, isMin ? bound : nil, node, value, operand: data)
  }

  private func clipped(
    _ low: Float?, _ high: Float?, _ node: InlinedGraph.Node, _ value: Int, operand: Int? = nil
  ) throws(Obstacle) -> RecognizedValue {
    guard let data = operand ?? node.inputs[0] else {
      throw .notRecognized(value: value, reason: "it has no operand")
    }
    let greatest = Float.greatestFiniteMagnitude
    let (low, high) = (max(low ?? -greatest, -greatest), min(high ?? greatest, greatest))
    // Where the bounds cross, the upper one holds.
    let op = Op.clip(Clip(low: min(low, high), high: high))
    return pointwise(op, try view(data), weights: [], name: node.name)
  }

  // MARK: Two operands

  /// A value times -1.
  private func negated(_ value: RecognizedValue, name: String) throws(Obstacle) -> RecognizedValue {
    let count = graph[value.node].channels
    return try affine(value, scales: [Float](repeating: -1, count: count), name: name)
  }

  /// The value that an Expand repeats, which the operator that it goes to repeats as well.
  private func unexpanded(_ value: Int) -> Int {
    var value = value
    while let node = program.producer(value), node.op == "Expand", let source = node.inputs[0],
      program.constant(source) == nil
    {
      value = source
    }
    return value
  }

  /// A sum, difference, product or quotient of two values, one of which may be broadcast.
  func recognizeBinary(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue {
    guard ["Add", "Sum", "Sub", "Mul", "Div"].contains(node.op) else {
      throw .notRecognized(value: value, reason: "the operator is not supported here")
    }
    for operand in node.inputs where program.constant(operand) != nil {
      return try recognizeAffine(node, value)
    }
    guard node.inputs.count == 2, let a = node.inputs[0].map(unexpanded),
      let b = node.inputs[1].map(unexpanded), let aShape = program.shape(a),
      let bShape = program.shape(b)
    else { throw .notRecognized(value: value, reason: "it has not two operands") }
    var first = try view(a)
    var second = try view(b)
    func places(_ operand: RecognizedValue, _ own: [Int], _ index: Int) -> Int? {
      let inner = broadcastIndex(index, in: shape, of: own)
      guard let map = operand.map else { return inner }
      return map(inner)?.index
    }
    let count = shape.reduce(1, *)
    let isFirstLarger = graph[first.node].elementCount == count
    guard isFirstLarger || graph[second.node].elementCount == count else {
      throw .notRecognized(value: value, reason: "its operands differ in size")
    }
    var large = graph[isFirstLarger ? first.node : second.node]
    var small = graph[isFirstLarger ? second.node : first.node]
    let plane = large.height * large.width
    let smallPlane = small.height * small.width
    let isSameSize = small.elementCount == count
    // Where the smaller operand's elements stand: its channels by channel, its pixels by pixel.
    let isInPlace = samples(count).allSatisfy { index in
      guard let x = places(first, aShape, index), let y = places(second, bShape, index) else {
        return false
      }
      let (great, little) = isFirstLarger ? (x, y) : (y, x)
      if isSameSize { return great == little }
      let channel = small.channels == 1 ? 0 : great / plane
      let pixel = smallPlane == 1 ? 0 : great % plane
      return little == channel * smallPlane + pixel
    }
    let hasSameSides = (small.height, small.width) == (large.height, large.width)
    let isFitting =
      isSameSize
      ? small.channels == large.channels && hasSameSides
      : (small.channels == large.channels || small.channels == 1)
        && (smallPlane == 1 || hasSameSides)
    if !isInPlace || !isFitting {
      let both = aligned(
        isFirstLarger ? first : second, isFirstLarger ? second : first, shape,
        isFirstLarger ? bShape : aShape, name: node.name)
      guard let both else {
        throw .notRecognized(value: value, reason: "its operands differ in layout or size")
      }
      let little = RecognizedValue(node: both.small, map: nil)
      (first, second) = isFirstLarger ? (both.large, little) : (little, both.large)
      (large, small) = (graph[both.large.node], graph[both.small])
    }
    let size = (large.channels, large.height, large.width)
    if isSameSize, node.op == "Sub" {
      let difference = graph.add(
        .op(.scaledAdd(ScaledAdd(alpha: -1))), [second.node, first.node], size, name: node.name)
      return relocated(first, to: difference)
    }
    var op = Op.add(Add())
    switch node.op {
    case "Sub": second = try negated(second, name: node.name)
    case "Mul": op = .multiply(Multiply())
    case "Div":
      second = pointwise(.unary(Unary(.reciprocal)), second, weights: [], name: node.name)
      op = .multiply(Multiply())
    default: break
    }
    var (left, right) = (first.node, second.node)
    if !isFirstLarger { (left, right) = (right, left) }
    if !isSameSize, small.channels == 1, large.channels != 1 {
      right = chosen([Int](repeating: 0, count: large.channels), of: right, node.name)
    }
    let joined = graph.add(.op(op), [left, right], size, name: node.name)
    let (layout, own) = isFirstLarger ? (first, aShape) : (second, bShape)
    guard let map = layout.map else { return RecognizedValue(node: joined, map: nil) }
    return RecognizedValue(node: joined) { index in
      map(broadcastIndex(index, in: shape, of: own)).map {
        NodeElement(node: joined, index: $0.index)
      }
    }
  }
}
