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
      let count = graph.nodes[curve.node].channels
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
    let whole = graph.nodes[a.node]
    let node = graph.add(
      .op(.multiply(Multiply())), [a.node, b.node], (whole.channels, whole.height, whole.width),
      name: name)
    return relocated(a, to: node)
  }

  /// The layout of a value for another node of the same size.
  private func relocated(_ value: RecognizedValue, to node: Int) -> RecognizedValue {
    guard let map = value.map else { return RecognizedValue(node: node, map: nil) }
    return RecognizedValue(node: node) { index in
      map(index).map { Element(value: node, index: $0.index) }
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
    let count = graph.nodes[value.node].channels
    return try affine(value, scales: [Float](repeating: -1, count: count), name: name)
  }

  /// A sum, difference, product or quotient of two values, of which one may be a pixel or a plane.
  func recognizeBinary(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue {
    for operand in node.inputs where program.constant(operand) != nil {
      return try recognizeAffine(node, value)
    }
    guard ["Add", "Sum", "Sub", "Mul", "Div"].contains(node.op) else {
      throw .notRecognized(value: value, reason: "the operator is not supported here")
    }
    guard node.inputs.count == 2, let a = node.inputs[0], let b = node.inputs[1],
      let aShape = program.shape(a), let bShape = program.shape(b)
    else { throw .notRecognized(value: value, reason: "it has not two operands") }
    let first = try view(a)
    var second = try view(b)
    func places(_ operand: RecognizedValue, _ own: [Int], _ index: Int) -> Int? {
      let inner = broadcastIndex(index, in: shape, of: own)
      guard let map = operand.map else { return inner }
      return map(inner)?.index
    }
    let count = shape.reduce(1, *)
    let isFirstLarger = graph.nodes[first.node].elementCount == count
    guard isFirstLarger || graph.nodes[second.node].elementCount == count else {
      throw .notRecognized(value: value, reason: "its operands differ in size")
    }
    let large = graph.nodes[isFirstLarger ? first.node : second.node]
    let small = graph.nodes[isFirstLarger ? second.node : first.node]
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
    guard isInPlace, isSameSize || small.channels == large.channels || small.channels == 1,
      isSameSize || smallPlane == 1 || (small.height, small.width) == (large.height, large.width)
    else { throw .notRecognized(value: value, reason: "its operands differ in layout or size") }
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
        Element(value: joined, index: $0.index)
      }
    }
  }

  // MARK: Means and sums

  /// The mean, the sum or the greatest element over all pixels or over the channels.
  func recognizePool(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue {
    guard let data = node.inputs[0], let whole = program.shape(data), whole.count == 4 else {
      throw .notRecognized(value: value, reason: "it is not over an image")
    }
    var axes: Set<Int> = [2, 3]
    if node.op != "GlobalAveragePool" {
      let context = ShapeContext(node: node, program: program, outputCount: 1)
      axes = (try? context.reducedAxes(rank: 4)) ?? []
    }
    axes.remove(0)
    if node.op == "ReduceMax" {
      guard axes == [2, 3] else {
        throw .notRecognized(value: value, reason: "it is not over height and width")
      }
      return try recognizeWindowPool(node, value, [1, whole[1], 1, 1])
    }
    let isSum = node.op == "ReduceSum"
    let hasFreeSize = program.isSymbolic.height || program.isSymbolic.width
    guard [[2, 3], [1], [1, 2, 3]].contains(axes), !isSum || axes == [1] || !hasFreeSize else {
      throw .notRecognized(
        value: value, reason: "it is over the axes \(axes.sorted()) of \(whole)")
    }
    var result = try image(data)
    var size = (whole[1], whole[2], whole[3])
    if axes.contains(2) {
      size = (whole[1], 1, 1)
      result = graph.add(
        .op(.globalAveragePool(GlobalAveragePool())), [result], size, name: node.name)
    }
    if axes.contains(1) {
      let pixels = axes.contains(2) && isSum ? Double(whole[2] * whole[3]) : 1
      let factor = Float(isSum ? pixels : 1 / Double(whole[1]))
      let kernel = try weight(
        "", [1, whole[1], 1, 1], [Float](repeating: factor, count: whole[1]))
      result = graph.add(
        .op(.conv2D(Conv2D(kernelSize: 1))), [result], weights: [kernel], (1, size.1, size.2),
        name: node.name)
    } else if isSum {
      let factor = Float(whole[2] * whole[3])
      result = try affine(
        RecognizedValue(node: result, map: nil),
        scales: [Float](repeating: factor, count: whole[1]), name: node.name
      ).node
    }
    return RecognizedValue(node: result, map: nil)
  }

  /// A softmax over the channels of each pixel, in whatever layout.
  func recognizeSoftmax(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue {
    guard let data = node.inputs[0] else {
      throw .notRecognized(value: value, reason: "it has no operand")
    }
    let standard = node.version < 13 ? 1 : -1
    let given = node.attributes.integer("axis") ?? standard
    let axis = given < 0 ? given + shape.count : given
    // Before set 13 it is over all axes from this one on.
    guard shape.indices.contains(axis),
      node.version >= 13 || shape[(axis + 1)...].allSatisfy({ $0 == 1 })
    else { throw .notRecognized(value: value, reason: "it is over several axes") }
    let operand = try view(data)
    let whole = graph.nodes[operand.node]
    let plane = whole.height * whole.width
    let stride = rowMajorStrides(shape)[axis]
    let count = shape.reduce(1, *)
    func place(_ index: Int) -> Int? { operand.map.map { $0(index)?.index } ?? index }
    let isOverChannels =
      shape[axis] == whole.channels
      && samples(count).allSatisfy { index in
        let start = index - index / stride % shape[axis] * stride
        guard let first = place(start), let own = place(index) else { return false }
        return first % plane == own % plane
      }
    guard isOverChannels else {
      throw .notRecognized(value: value, reason: "it is not over the channels of an image")
    }
    return pointwise(.softmax(Softmax()), operand, weights: [], name: node.name)
  }
}
