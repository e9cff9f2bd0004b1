import VMIRCore
import VMIRGraph

// Means, sums, norms and greatest elements along axes, and the softmax.
extension OpRecognizer {
  /// A reduction along any axes.
  func recognizePool(
    _ node: InlinedGraph.Node, _ value: Int
  ) throws(Obstacle) -> RecognizedValue {
    guard let data = node.inputs[0], let whole = program.shape(data), whole.count > 1 else {
      throw .notRecognized(value: value, reason: "it is not over an image")
    }
    var axes = Set(2..<max(whole.count, 2))
    if !node.op.hasPrefix("Global") {
      let context = ShapeContext(node: node, program: program, outputCount: 1)
      axes = (try? context.reducedAxes(rank: whole.count)) ?? []
    }
    axes = axes.filter { whole[$0] != 1 }
    guard !axes.isEmpty else {
      guard !["ReduceL1", "ReduceL2", "ReduceSumSquare"].contains(node.op) else {
        throw .notRecognized(value: value, reason: "it is over axes of one element")
      }
      return try view(data)
    }
    var operand = try view(data)
    let kept = Set(whole.indices).subtracting(axes)
    var isOverPixels = true
    if !areChannels(kept, of: operand, whole) {
      if areChannels(axes, of: operand, whole) {
        isOverPixels = false
      } else if let moved = regrouped(operand, whole, channels: kept, name: node.name) {
        operand = moved
      } else {
        throw .notRecognized(
          value: value, reason: "it is over the axes \(axes.sorted()) of \(whole)")
      }
    }
    let reduced = try reduce(operand.node, isOverPixels, node, value)
    let source = graph[operand.node]
    let plane = source.height * source.width
    let all = stridedAxes(whole)
    let axesKept = kept.sorted().map { all[$0] }
    return RecognizedValue(node: reduced) { index in
      guard let place = operand.place(axesKept.flat(index)) else { return nil }
      return NodeElement(node: reduced, index: isOverPixels ? place / plane : place % plane)
    }
  }

  /// The reduction of an image.
  private func reduce(
    _ image: RecognizedGraph.ID, _ isOverPixels: Bool, _ node: InlinedGraph.Node, _ value: Int
  ) throws(Obstacle) -> RecognizedGraph.ID {
    let whole = graph[image]
    let size = isOverPixels ? (whole.channels, 1, 1) : (1, whole.height, whole.width)
    func reduce(
      _ function: Reduce.Function, _ operand: RecognizedGraph.ID
    ) -> RecognizedGraph.ID {
      graph.add(
        .op(.reduce(Reduce(function, over: isOverPixels ? .pixels : .channels))), [operand], size,
        name: node.name)
    }
    func apply(_ op: Unary.Function, _ operand: RecognizedGraph.ID) -> RecognizedGraph.ID {
      pointwise(
        .unary(Unary(op)), RecognizedValue(node: operand, map: nil), weights: [], name: node.name
      ).node
    }
    func opposite(_ operand: RecognizedGraph.ID) throws(Obstacle) -> RecognizedGraph.ID {
      let count = graph[operand].channels
      return try affine(
        RecognizedValue(node: operand, map: nil),
        scales: [Float](repeating: -1, count: count), name: node.name
      ).node
    }
    switch node.op {
    case "GlobalAveragePool", "ReduceMean":
      guard !isOverPixels else {
        return graph.add(
          .op(.globalAveragePool(GlobalAveragePool())), [image], size, name: node.name)
      }
      return try sum(image, factor: Float(1 / Double(whole.channels)), size, node.name)
    case "ReduceSum":
      return isOverPixels ? reduce(.sum, image) : try sum(image, factor: 1, size, node.name)
    case "GlobalMaxPool", "ReduceMax": return reduce(.max, image)
    case "ReduceMin": return try opposite(reduce(.max, try opposite(image)))
    case "ReduceL1": return reduce(.sum, apply(.abs, image))
    case "ReduceL2": return apply(.sqrt, reduce(.sumSquare, image))
    case "ReduceSumSquare": return reduce(.sumSquare, image)
    default: throw .notRecognized(value: value, reason: "the operator is not supported here")
    }
  }

  /// The sum over the channels times a factor.
  private func sum(
    _ image: RecognizedGraph.ID, factor: Float, _ size: (Int, Int, Int), _ name: String
  ) throws(Obstacle) -> RecognizedGraph.ID {
    let count = graph[image].channels
    let kernel = try weight("", [1, count, 1, 1], [Float](repeating: factor, count: count))
    return graph.add(
      .op(.conv2D(Conv2D(kernelSize: 1))), [image], weights: [kernel], size, name: name)
  }

  /// A softmax along an axis, or before operator set 13 along all axes from one on.
  func recognizeSoftmax(
    _ node: InlinedGraph.Node, _ value: Int, _ shape: [Int]
  ) throws(Obstacle) -> RecognizedValue {
    guard let data = node.inputs[0] else {
      throw .notRecognized(value: value, reason: "it has no operand")
    }
    let given = node.attributes.integer("axis") ?? (node.version < 13 ? 1 : -1)
    let axis = given < 0 ? given + shape.count : given
    guard shape.indices.contains(axis) else {
      throw .notRecognized(value: value, reason: "it has no axis")
    }
    let axes = Set(node.version < 13 ? axis..<shape.count : axis..<axis + 1)
    var operand = try view(data)
    if !areChannels(axes, of: operand, shape) {
      guard let moved = regrouped(operand, shape, channels: axes, name: node.name) else {
        throw .notRecognized(value: value, reason: "it is not over the channels of an image")
      }
      operand = moved
    }
    return pointwise(.softmax(Softmax()), operand, weights: [], name: node.name)
  }
}
