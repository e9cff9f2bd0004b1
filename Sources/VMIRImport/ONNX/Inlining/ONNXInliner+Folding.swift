import Foundation
import ONNXModel
import VMIRCore
import VMIRGraph

// Constant folding. Floats are computed in double precision and rounded once.
extension ONNXInliner {
  /// Most elements of a tensor that is made while folding.
  private static let foldedCountLimit = 1 << 26

  /// The outputs of a node whose operands are all constant; nil where it is not folded.
  func fold(
    _ node: InlinedGraph.Node, _ inferred: InferredOutputs
  ) throws(ONNXImportError) -> [FoldedTensor]? {
    let count = inferred.shapes.reduce(0) { $0 + $1.reduce(1, *) }
    guard count <= ONNXInliner.foldedCountLimit else { return nil }
    switch node.op {
    case "Shape", "Size": return foldShape(node)
    case "Constant": return try foldConstant(node)
    case "Cast", "CastLike":
      // A change between float types does not matter: all is computed in float32.
      guard let operand = program.constant(node.inputs.first ?? nil) else { return nil }
      return try foldCast(node, operand).map { [$0] }
    case "Clip": return try foldClip(node, inferred.shapes[0])
    default: break
    }
    var operands: [FoldedTensor] = []
    for input in node.inputs {
      guard let input else { continue }
      guard let constant = program.constant(input) else { return nil }
      operands.append(constant)
    }
    switch node.op {
    case "ConstantOfShape":
      guard case .tensor(let tensor)? = node.attributes["value"] else {
        return [FoldedTensor(inferred.shapes[0], floats: [Float](repeating: 0, count: count))]
      }
      return [try filled(FoldedTensor(tensor), inferred.shapes[0]) { _ in 0 }]
    case "Range":
      guard operands.count == 3 else { return nil }
      guard let bounds = try operands.integerScalars() else {
        var floats: [Double] = []
        for operand in operands { floats.append(Double(try operand.floats().first ?? 0)) }
        return [
          FoldedTensor(
            inferred.shapes[0],
            floats: (0..<count).map { Float(floats[0] + Double($0) * floats[2]) })
        ]
      }
      return [
        FoldedTensor(
          inferred.shapes[0],
          integers: (0..<count).map {
            bounds[0] &+ Int64($0) &* bounds[2]
          })
      ]
    default: break
    }
    guard !operands.isEmpty else { return nil }
    if !inferred.movements.isEmpty { return try foldMovement(node, inferred) }
    switch node.op {
    case "Resize", "Upsample": return try foldResize(node, operands[0])
    case "MatMul": return try foldMatMul(operands, inferred.shapes[0])
    case "ScatterElements", "ScatterND": return try foldScatter(node, operands, inferred.shapes[0])
    case "Max", "Min", "Sum", "Mean":
      if let joined = try foldJoined(node, operands, inferred.shapes[0]) { return [joined] }
    default: break
    }
    if node.op.hasPrefix("Reduce") { return try foldReduction(node, operands[0], inferred) }
    return try foldElements(node, operands, inferred.shapes[0])
  }

  private func foldShape(_ node: InlinedGraph.Node) -> [FoldedTensor]? {
    guard let shape = program.shape(node.inputs.first ?? nil) else { return nil }
    guard node.op == "Shape" else {
      return [FoldedTensor([], integers: [Int64(shape.reduce(1, *))])]
    }
    let context = ShapeContext(node: node, program: program, outputCount: 1)
    let range = context.shapeRange(shape.count)
    return [FoldedTensor([range.count], integers: shape[range].map { Int64($0) })]
  }

  private func foldConstant(_ node: InlinedGraph.Node) throws(ONNXImportError) -> [FoldedTensor]? {
    let attributes = node.attributes
    if case .tensor(let tensor)? = attributes["value"] { return [FoldedTensor(tensor)] }
    if let list = attributes.integers("value_ints") {
      return [FoldedTensor([list.count], integers: list.map { Int64($0) })]
    }
    if let list = attributes.floats("value_floats") {
      return [FoldedTensor([list.count], floats: list)]
    }
    if let value = attributes.integer("value_int") {
      return [FoldedTensor([], integers: [Int64(value)])]
    }
    return attributes.float("value_float").map { [FoldedTensor([], floats: [$0])] }
  }

  private func foldCast(
    _ node: InlinedGraph.Node, _ operand: FoldedTensor
  ) throws(ONNXImportError) -> FoldedTensor? {
    let target: Bool
    if node.op == "CastLike" {
      guard let like = program.constant(node.inputs.last ?? nil) else { return nil }
      target = like.isInteger
    } else {
      // 1, 10, 11, 16: the float types.
      guard let to = node.attributes.integer("to") else { return nil }
      target = ![1, 10, 11, 16].contains(to)
      if to == 9, !operand.isInteger {
        return FoldedTensor(
          operand.shape, integers: try operand.floats().map { $0 == 0 ? 0 : 1 })
      }
    }
    guard target != operand.isInteger else { return operand }
    guard target else { return FoldedTensor(operand.shape, floats: try operand.floats()) }
    let integers = try operand.floats().map { Int64(exactly: $0.rounded(.towardZero)) ?? 0 }
    return FoldedTensor(operand.shape, integers: integers)
  }

  /// Elements of `tensor`, each from the index that `source` gives.
  private func filled(
    _ tensor: FoldedTensor, _ shape: [Int], _ source: (Int) -> Int
  ) throws(ONNXImportError) -> FoldedTensor {
    let count = shape.reduce(1, *)
    if let integers = try tensor.integers() {
      return FoldedTensor(shape, integers: (0..<count).map { integers[source($0)] })
    }
    let floats = try tensor.floats()
    return FoldedTensor(shape, floats: (0..<count).map { floats[source($0)] })
  }

  private func foldMovement(
    _ node: InlinedGraph.Node, _ inferred: InferredOutputs
  ) throws(ONNXImportError) -> [FoldedTensor]? {
    var results: [FoldedTensor] = []
    for (movement, shape) in zip(inferred.movements, inferred.shapes) {
      guard let movement else { return nil }
      results.append(
        try moved(movement, shape) { program.constant(node.inputs[$0]) })
    }
    return results
  }

  private func moved(
    _ movement: Movement, _ shape: [Int], _ operand: (Int) -> FoldedTensor?
  ) throws(ONNXImportError) -> FoldedTensor {
    if case .same = movement, let whole = operand(0), whole.shape == shape { return whole }
    let count = shape.reduce(1, *)
    let used = movement.operands
    let result: FoldedTensor
    if used.count == 1, let tensor = operand(used[0]) {
      result = try filled(tensor, shape) { movement.source(of: $0).index }
    } else {
      var parts: [Int: [Float]] = [:]
      var integers: [Int: [Int64]] = [:]
      var isInteger = true
      for index in used {
        guard let tensor = operand(index) else { continue }
        if let list = try tensor.integers() { integers[index] = list } else { isInteger = false }
        if !isInteger || !tensor.isInteger { parts[index] = try tensor.floats() }
      }
      if isInteger {
        result = FoldedTensor(
          shape,
          integers: (0..<count).map {
            let source = movement.source(of: $0)
            return integers[source.operand]?[source.index] ?? 0
          })
      } else {
        result = FoldedTensor(
          shape,
          floats: (0..<count).map {
            let source = movement.source(of: $0)
            return parts[source.operand]?[source.index]
              ?? Float(integers[source.operand]?[source.index] ?? 0)
          })
      }
    }
    if used.count == 1, let tensor = operand(used[0]) {
      if let logarithm = tensor.logarithm {
        result.logarithm = try moved(movement, shape) { _ in logarithm }
      }
      if let logarithm = tensor.negatedLogarithm {
        result.negatedLogarithm = try moved(movement, shape) { _ in logarithm }
      }
    }
    return result
  }

  private func foldReduction(
    _ node: InlinedGraph.Node, _ operand: FoldedTensor, _ inferred: InferredOutputs
  ) throws(ONNXImportError) -> [FoldedTensor]? {
    let axes: Set<Int>
    do throws(ShapeProblem) {
      let context = ShapeContext(node: node, program: program, outputCount: 1)
      axes = try context.reducedAxes(rank: operand.shape.count)
    } catch {
      return nil
    }
    let strides = rowMajorStrides(operand.shape)
    let kept = operand.shape.indices.filter { !axes.contains($0) }
    let keptStrides = rowMajorStrides(kept.map { operand.shape[$0] })
    let shape = inferred.shapes[0]
    func target(_ flat: Int) -> Int {
      var sum = 0
      for (position, axis) in kept.enumerated() {
        sum += flat / strides[axis] % operand.shape[axis] * keptStrides[position]
      }
      return sum
    }
    let count = shape.reduce(1, *)
    if let integers = try operand.integers() {
      guard let (start, join) = reduction(node.op, Int64(0), Int64(1), .max, .min, &+, &*) else {
        return nil
      }
      var results = [Int64](repeating: start, count: count)
      for (flat, value) in integers.enumerated() {
        let index = target(flat)
        results[index] = join(results[index], value)
      }
      return [FoldedTensor(shape, integers: results)]
    }
    let op = node.op == "ReduceMean" ? "ReduceSum" : node.op
    guard let (start, join) = reduction(op, 0.0, 1.0, .infinity, -.infinity, +, *) else {
      return nil
    }
    var results = [Double](repeating: start, count: count)
    for (flat, value) in try operand.floats().enumerated() {
      let index = target(flat)
      results[index] = join(results[index], Double(value))
    }
    let divisor =
      node.op == "ReduceMean" ? Double(max(operand.count / max(count, 1), 1)) : 1
    return [FoldedTensor(shape, floats: results.map { Float($0 / divisor) })]
  }

  /// Where a reduction starts and how it joins two elements; nil for one that is not folded.
  private func reduction<T: Comparable>(
    _ op: String, _ zero: T, _ one: T, _ most: T, _ minimum: T,
    _ plus: @escaping (T, T) -> T, _ times: @escaping (T, T) -> T
  ) -> (T, (T, T) -> T)? {
    switch op {
    case "ReduceSum": (zero, plus)
    case "ReduceProd": (one, times)
    case "ReduceMin": (most, { min($0, $1) })
    case "ReduceMax": (minimum, { max($0, $1) })
    default: nil
    }
  }
}

// Operators of several operands.
extension ONNXInliner {
  /// Max, Min, Sum and Mean of one or more than two operands.
  private func foldJoined(
    _ node: InlinedGraph.Node, _ operands: [FoldedTensor], _ shape: [Int]
  ) throws(ONNXImportError) -> FoldedTensor? {
    guard operands.count != 2 || node.op == "Sum" || node.op == "Mean" else { return nil }
    let count = shape.reduce(1, *)
    let isInteger = operands.allSatisfy { $0.isInteger } && node.op != "Mean"
    var results = [Double](repeating: 0, count: isInteger ? 0 : count)
    var integers = [Int64](repeating: 0, count: isInteger ? count : 0)
    // Integers wrap.
    func join<T: Comparable>(_ a: T, _ b: T, _ plus: (T, T) -> T) -> T {
      switch node.op {
      case "Max": max(a, b)
      case "Min": min(a, b)
      default: plus(a, b)
      }
    }
    for (order, operand) in operands.enumerated() {
      if isInteger, let values = try operand.integers() {
        for index in 0..<count {
          let value = values[broadcastIndex(index, in: shape, of: operand.shape)]
          integers[index] = order == 0 ? value : join(integers[index], value, &+)
        }
      } else {
        let values = try operand.floats()
        for index in 0..<count {
          let value = Double(values[broadcastIndex(index, in: shape, of: operand.shape)])
          results[index] = order == 0 ? value : join(results[index], value, +)
        }
      }
    }
    if isInteger { return FoldedTensor(shape, integers: integers) }
    let divisor = node.op == "Mean" ? Double(operands.count) : 1
    return FoldedTensor(shape, floats: results.map { Float($0 / divisor) })
  }

  /// A Resize of a constant, axis by axis.
  private func foldResize(
    _ node: InlinedGraph.Node, _ operand: FoldedTensor
  ) throws(ONNXImportError) -> [FoldedTensor]? {
    let context = ShapeContext(node: node, program: program, outputCount: 1)
    guard let form = try? context.resizeForm() else { return nil }
    var shape = operand.shape
    var values = try operand.floats().map { Double($0) }
    for axis in shape.indices
    where form.extents[axis] != shape[axis] || form.ratios[axis] != [1, 1] {
      let taps = form.taps(axis, from: shape[axis])
      let inner = shape[(axis + 1)...].reduce(1, *)
      let outer = shape[..<axis].reduce(1, *)
      // What is enlarged before it is reduced has more elements than operand and result.
      guard let count = checkedProduct([outer, taps.count, inner]),
        count <= ONNXInliner.foldedCountLimit
      else { return nil }
      var result = [Double](repeating: 0, count: count)
      for o in 0..<outer {
        for (position, tap) in taps.enumerated() {
          for (index, weight) in zip(tap.indices, tap.weights) {
            for i in 0..<inner {
              result[(o * taps.count + position) * inner + i] +=
                weight * values[(o * shape[axis] + index) * inner + i]
            }
          }
        }
      }
      shape[axis] = taps.count
      values = result
    }
    return [FoldedTensor(shape, floats: values.map { Float($0) })]
  }

  /// ScatterElements and ScatterND with a reduction.
  private func foldScatter(
    _ node: InlinedGraph.Node, _ operands: [FoldedTensor], _ shape: [Int]
  ) throws(ONNXImportError) -> [FoldedTensor]? {
    let context = ShapeContext(node: node, program: program, outputCount: 1)
    guard operands.count == 3, let targets = try? context.scatterTargets() else { return nil }
    // Integers wrap.
    func joined<T: Comparable>(
      _ data: [T], _ updates: [T], _ plus: (T, T) -> T, _ times: (T, T) -> T
    ) -> [T]? {
      var data = data
      for (source, target) in targets.enumerated() {
        let (old, new) = (data[target], updates[source])
        switch node.attributes.string("reduction") ?? "none" {
        case "add": data[target] = plus(old, new)
        case "mul": data[target] = times(old, new)
        case "max": data[target] = max(old, new)
        case "min": data[target] = min(old, new)
        default: return nil
        }
      }
      return data
    }
    if let data = try operands[0].integers(), let updates = try operands[2].integers() {
      return joined(data, updates, &+, &*).map { [FoldedTensor(shape, integers: $0)] }
    }
    return joined(try operands[0].floats(), try operands[2].floats(), +, *).map {
      [FoldedTensor(shape, floats: $0)]
    }
  }
}

extension Movement {
  /// Operands that elements come from.
  fileprivate var operands: [Int] {
    switch self {
    case .same, .axes: [0]
    case .concat(let operands, _, _): operands
    case .replace(let source, _): [0, source]
    }
  }
}

extension [FoldedTensor] {
  /// First elements as integers; nil where one is not an integer.
  fileprivate func integerScalars() throws(ONNXImportError) -> [Int64]? {
    var values: [Int64] = []
    for tensor in self {
      guard let value = try tensor.integers()?.first else { return nil }
      values.append(value)
    }
    return values
  }
}
