import ONNXModel
import VMIRCore

/// One node while its outputs' shapes are derived.
struct ShapeContext {
  let node: InlinedGraph.Node
  let program: InlinedGraph
  let outputCount: Int

  /// Shape of an operand that must be there.
  func shape(_ index: Int) throws(ShapeProblem) -> [Int] {
    guard node.inputs.indices.contains(index), let value = node.inputs[index] else {
      throw .fatal(.malformed(node: node.name, reason: "\(node.op) lacks operand \(index)"))
    }
    guard let shape = program.shape(value) else {
      throw .unsupported(InlinedGraph.unknownOperand)
    }
    return shape
  }

  func has(_ index: Int) -> Bool {
    node.inputs.indices.contains(index) && node.inputs[index] != nil
  }

  /// Integers of an operand that must be constant; nil where it is left out.
  func integers(_ index: Int) throws(ShapeProblem) -> [Int]? {
    guard has(index) else { return nil }
    let values: [Int64]?
    do throws(ONNXImportError) {
      values = try program.constant(node.inputs[index])?.integers()
    } catch {
      throw .fatal(error)
    }
    guard let values else { throw .unsupported("operand \(index) is not a constant of integers") }
    return values.map { Int($0) }
  }

  /// Floats of an operand that must be constant; nil where it is left out.
  func floats(_ index: Int) throws(ShapeProblem) -> [Float]? {
    guard has(index) else { return nil }
    let values: [Float]?
    do throws(ONNXImportError) {
      values = try program.constant(node.inputs[index])?.floats()
    } catch {
      throw .fatal(error)
    }
    guard let values else { throw .unsupported("operand \(index) is not constant") }
    return values
  }

  /// Integers that were an attribute in old operator sets and are an operand since.
  func integers(_ attribute: String, or index: Int) throws(ShapeProblem) -> [Int]? {
    if let values = node.attributes.integers(attribute) { return values }
    return try integers(index)
  }

  func axis(_ axis: Int, rank: Int) throws(ShapeProblem) -> Int {
    let positive = axis < 0 ? axis &+ rank : axis
    guard (0..<rank).contains(positive) else { throw bad("axis \(axis) is not one of \(rank)") }
    return positive
  }

  /// Most axes of a shape that an operand names.
  static let axisLimit = ONNXLimits().axisCount

  func bad(_ reason: String) -> ShapeProblem {
    .fatal(.malformed(node: node.name, reason: "\(node.op): \(reason)"))
  }
}

extension ONNXInliner {
  /// Derives shapes, and where elements only move.
  func infer(
    _ node: InlinedGraph.Node, outputCount: Int
  ) throws(ShapeProblem) -> InferredOutputs {
    let context = ShapeContext(node: node, program: program, outputCount: outputCount)
    switch node.op {
    case "Constant", "ConstantOfShape", "Range", "Shape", "Size": return try context.source()
    case "Cast" where context.dropsFractions():
      throw .unsupported("it makes integers of what is computed")
    case "Identity", "Cast", "CastLike", "Dropout":
      return InferredOutputs(.same, try context.shape(0))
    case "Reshape": return try context.reshape()
    case "Flatten": return try context.flatten()
    case "Squeeze": return try context.squeeze()
    case "Unsqueeze": return try context.unsqueeze()
    case "Transpose": return try context.transpose()
    case "Expand": return try context.expand()
    case "Tile": return try context.tile()
    case "Slice": return try context.slice()
    case "Split": return try context.split()
    case "Gather": return try context.gather()
    case "Concat": return try context.concat()
    case "DepthToSpace", "SpaceToDepth": return try context.blocks()
    case "Resize", "Upsample": return try context.resize()
    case "ScatterElements", "ScatterND": return try context.scatter()
    default: return try context.computed(customScans)
    }
  }
}

extension ShapeContext {
  /// Whether a Cast makes integers of a value that is neither constant nor of a recurrence's body,
  /// where numbers of steps are.
  fileprivate func dropsFractions() -> Bool {
    // 1, 10, 11, 16: the float types.
    guard let to = node.attributes.integer("to"), ![1, 10, 11, 16].contains(to),
      let input = node.inputs.first ?? nil
    else { return false }
    return program.values[input].constant == nil && program.values[input].body < 0
  }

  fileprivate func reshape() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    guard let wanted = try integers("shape", or: 1) else { throw bad("has no shape") }
    guard wanted.count <= ShapeContext.axisLimit else { throw bad("has \(wanted.count) axes") }
    let keepsZeros = node.attributes.integer("allowzero") == 1
    var result: [Int] = []
    var free: Int?
    for (index, extent) in wanted.enumerated() {
      if extent == -1 {
        guard free == nil else { throw bad("has two free extents") }
        free = index
        result.append(1)
      } else if extent == 0, !keepsZeros {
        guard index < shape.count else { throw bad("copies an axis that is not there") }
        result.append(shape[index])
      } else {
        result.append(extent)
      }
    }
    let count = shape.reduce(1, *)
    guard let known = checkedProduct(result) else { throw bad("has the shape \(wanted)") }
    if let free {
      guard known > 0, count % known == 0 else {
        throw bad("shapes \(shape) and \(wanted) are incompatible")
      }
      result[free] = count / known
    } else if known != count {
      throw bad("shapes \(shape) and \(wanted) are incompatible")
    }
    return InferredOutputs(.same, result)
  }

  fileprivate func flatten() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    let given = node.attributes.integer("axis") ?? 1
    let axis = given == shape.count ? given : try axis(given, rank: max(shape.count, 1))
    return InferredOutputs(
      .same, [shape.prefix(axis).reduce(1, *), shape.dropFirst(axis).reduce(1, *)])
  }

  fileprivate func squeeze() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    var axes: Set<Int> = []
    if let given = try integers("axes", or: 1) {
      guard given.count <= shape.count else { throw bad("has \(given.count) axes") }
      for axis in given { axes.insert(try self.axis(axis, rank: shape.count)) }
    } else {
      axes = Set(shape.indices.filter { shape[$0] == 1 })
    }
    guard axes.allSatisfy({ shape[$0] == 1 }) else { throw bad("of an axis that is not 1") }
    return InferredOutputs(.same, shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
  }

  fileprivate func unsqueeze() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    guard let given = try integers("axes", or: 1) else { throw bad("has no axes") }
    guard given.count <= ShapeContext.axisLimit else { throw bad("has \(given.count) axes") }
    let rank = shape.count + given.count
    var axes: Set<Int> = []
    for axis in given { axes.insert(try self.axis(axis, rank: rank)) }
    guard axes.count == given.count else { throw bad("has an axis twice") }
    var rest = shape[...]
    let result = (0..<rank).map { axes.contains($0) ? 1 : rest.popFirst() ?? 1 }
    return InferredOutputs(.same, result)
  }

  fileprivate func transpose() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    let order = node.attributes.integers("perm") ?? shape.indices.reversed()
    guard order.sorted() == Array(shape.indices) else { throw bad("has the order \(order)") }
    let strides = rowMajorStrides(shape)
    let result = order.map { shape[$0] }
    return InferredOutputs(
      .axes(shape: result, maps: order.map { AxisMap(step: strides[$0]) }), result)
  }

  fileprivate func expand() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    guard let wanted = try integers(1), !wanted.contains(where: { $0 < 0 || $0 > 1 << 31 }),
      let result = broadcast(shape, wanted)
    else { throw bad("does not go") }
    let strides = rowMajorStrides(shape)
    let offset = result.count - shape.count
    let maps = result.indices.map { axis in
      AxisMap(step: axis < offset || shape[axis - offset] == 1 ? 0 : strides[axis - offset])
    }
    return InferredOutputs(.axes(shape: result, maps: maps), result)
  }

  fileprivate func tile() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    guard let repeats = try integers(1), repeats.count == shape.count,
      let result = Optional(zip(shape, repeats).map { $0.multipliedReportingOverflow(by: $1) }),
      result.allSatisfy({ !$0.overflow && (0...1 << 24).contains($0.partialValue) }),
      checkedProduct(result.map { max($0.partialValue, 1) }) ?? .max < 1 << 42
    else { throw bad("has wrong repeats") }
    let strides = rowMajorStrides(shape)
    let extents = result.map { $0.partialValue }
    let maps = shape.indices.map { axis in
      repeats[axis] == 1
        ? AxisMap(step: strides[axis])
        : AxisMap((0..<extents[axis]).map { $0 % shape[axis] * strides[axis] })
    }
    return InferredOutputs(.axes(shape: extents, maps: maps), extents)
  }

  fileprivate func slice() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    guard let starts = try integers("starts", or: 1), let ends = try integers("ends", or: 2),
      starts.count == ends.count
    else { throw bad("has no bounds") }
    let axes = try integers("axes", or: 3) ?? Array(starts.indices)
    let steps = try integers(4) ?? [Int](repeating: 1, count: starts.count)
    guard axes.count == starts.count, steps.count == starts.count, axes.count <= shape.count else {
      throw bad("has inconsistent bounds")
    }
    let strides = rowMajorStrides(shape)
    var maps = strides.map { AxisMap(step: $0) }
    var result = shape
    for index in axes.indices {
      let axis = try axis(axes[index], rank: shape.count)
      let (extent, step) = (shape[axis], steps[index])
      guard step != 0, step > .min else { throw bad("has the step \(step)") }
      // Bounds outside are clamped as the operator says, whatever their size.
      func clamped(_ bound: Int) -> Int {
        let positive = bound < 0 ? bound &+ extent : bound
        return step > 0
          ? min(max(positive, 0), extent)
          : min(max(bound < -extent ? -1 : positive, -1), extent - 1)
      }
      let (start, end) = (clamped(starts[index]), clamped(ends[index]))
      let distance = step > 0 ? end - start : start - end
      result[axis] = distance > 0 ? (distance - 1) / abs(step) + 1 : 0
      // A step beyond the axis is taken once only.
      let stride = min(max(step, -extent - 1), extent + 1)
      maps[axis] = AxisMap(start: start, step: stride).scaled(by: strides[axis])
    }
    return InferredOutputs(.axes(shape: result, maps: maps), result)
  }

  fileprivate func split() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    let axis = try axis(node.attributes.integer("axis") ?? 0, rank: shape.count)
    var counts = try integers("split", or: 1)
    if counts == nil {
      let parts = node.attributes.integer("num_outputs") ?? outputCount
      guard parts > 0, parts <= 1 << 16 else { throw bad("into \(parts) parts") }
      let size = (shape[axis] + parts - 1) / parts
      counts = (0..<parts).map { min(size, max(shape[axis] - $0 * size, 0)) }
    }
    guard let counts, counts.count >= outputCount, counts.count <= max(outputCount, 1024),
      !counts.contains(where: { $0 < 0 }),
      counts.reduce(0, &+) == shape[axis]
    else { throw bad("does not add up to \(shape[axis])") }
    var inferred = InferredOutputs([])
    var start = 0
    for count in counts {
      let (movement, result) = Movement.along(
        axis, of: shape, count: count, AxisMap(start: start, step: 1))
      inferred.shapes.append(result)
      inferred.movements.append(movement)
      start += count
    }
    return inferred
  }

  fileprivate func gather() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    let indexShape = try self.shape(1)
    let axis = try axis(node.attributes.integer("axis") ?? 0, rank: shape.count)
    let result = shape[..<axis] + indexShape + shape[(axis + 1)...]
    guard program.constant(node.inputs[1]) != nil else { return InferredOutputs([Array(result)]) }
    guard let indices = try integers(1), indices.count <= 1 << 24 else {
      throw bad("has indices that are no integers")
    }
    var positions: [Int] = []
    for index in indices {
      let positive = index < 0 ? index &+ shape[axis] : index
      guard (0..<shape[axis]).contains(positive) else { throw bad("index \(index) is outside") }
      positions.append(positive)
    }
    let map = positions.count == 1 ? AxisMap(start: positions[0], step: 0) : AxisMap(positions)
    let (movement, _) = Movement.along(axis, of: shape, count: positions.count, map)
    return InferredOutputs(movement, Array(result))
  }

  fileprivate func concat() throws(ShapeProblem) -> InferredOutputs {
    let first = try shape(0)
    let axis = try axis(node.attributes.integer("axis") ?? 0, rank: first.count)
    var (operands, ends): ([Int], [Int]) = ([], [])
    var result = first
    result[axis] = 0
    for index in node.inputs.indices {
      var shape = try shape(index)
      guard shape.count == first.count else { throw bad("joins different ranks") }
      let sum = result[axis] &+ shape[axis]
      shape[axis] = result[axis]
      guard shape == result, sum >= 0 else { throw bad("joins shapes that do not fit") }
      result[axis] = sum
      operands.append(index)
      ends.append(sum)
    }
    let inner = result[(axis + 1)...].reduce(1, *)
    return InferredOutputs(.concat(operands: operands, ends: ends, inner: inner), result)
  }
}

extension AttributeTable {
  func floats(_ name: String) -> [Float]? {
    guard case .floats(let values)? = self[name] else { return nil }
    return values
  }
}
