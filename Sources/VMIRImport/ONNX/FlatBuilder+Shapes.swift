import ONNXModel
import VMIRCore

/// One node while its outputs' shapes are derived.
struct ShapeContext {
  let node: FlatProgram.Node
  let program: FlatProgram
  let outputCount: Int

  /// Shape of an operand that must be there.
  func shape(_ index: Int) throws(ShapeProblem) -> [Int] {
    guard node.inputs.indices.contains(index), let value = node.inputs[index] else {
      throw .fatal(.malformed(node: node.name, reason: "\(node.op) lacks operand \(index)"))
    }
    guard let shape = program.shape(value) else {
      throw .unsupported(FlatProgram.unknownOperand)
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
    do throws(LoweringError) {
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
    do throws(LoweringError) {
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

  func bad(_ reason: String) -> ShapeProblem {
    .fatal(.malformed(node: node.name, reason: "\(node.op): \(reason)"))
  }
}

extension FlatBuilder {
  /// Derives shapes, and where elements only move.
  func infer(
    _ node: FlatProgram.Node, outputCount: Int
  ) throws(ShapeProblem) -> Inferred {
    let context = ShapeContext(node: node, program: program, outputCount: outputCount)
    switch node.op {
    case "Constant", "ConstantOfShape", "Range", "Shape", "Size": return try context.source()
    case "Identity", "Cast", "CastLike", "Dropout":
      return Inferred(.same, try context.shape(0))
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
  fileprivate func reshape() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    guard let wanted = try integers("shape", or: 1) else { throw bad("has no shape") }
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
        throw bad("of \(shape) to \(wanted) does not go")
      }
      result[free] = count / known
    } else if known != count {
      throw bad("of \(shape) to \(wanted) does not go")
    }
    return Inferred(.same, result)
  }

  fileprivate func flatten() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    let given = node.attributes.integer("axis") ?? 1
    let axis = given == shape.count ? given : try axis(given, rank: max(shape.count, 1))
    return Inferred(
      .same, [shape.prefix(axis).reduce(1, *), shape.dropFirst(axis).reduce(1, *)])
  }

  fileprivate func squeeze() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    var axes: Set<Int> = []
    if let given = try integers("axes", or: 1) {
      for axis in given { axes.insert(try self.axis(axis, rank: shape.count)) }
    } else {
      axes = Set(shape.indices.filter { shape[$0] == 1 })
    }
    guard axes.allSatisfy({ shape[$0] == 1 }) else { throw bad("of an axis that is not 1") }
    return Inferred(.same, shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
  }

  fileprivate func unsqueeze() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    guard let given = try integers("axes", or: 1) else { throw bad("has no axes") }
    guard given.count <= 16 else { throw bad("has \(given.count) axes") }
    let rank = shape.count + given.count
    var axes: Set<Int> = []
    for axis in given { axes.insert(try self.axis(axis, rank: rank)) }
    guard axes.count == given.count else { throw bad("has an axis twice") }
    var rest = shape[...]
    let result = (0..<rank).map { axes.contains($0) ? 1 : rest.popFirst() ?? 1 }
    return Inferred(.same, result)
  }

  fileprivate func transpose() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    let order = node.attributes.integers("perm") ?? shape.indices.reversed()
    guard order.sorted() == Array(shape.indices) else { throw bad("has the order \(order)") }
    let strides = rowMajorStrides(shape)
    let result = order.map { shape[$0] }
    let tables = order.map { axis in (0..<shape[axis]).map { $0 * strides[axis] } }
    return Inferred(.axes(shape: result, tables: tables), result)
  }

  fileprivate func expand() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    guard let wanted = try integers(1), !wanted.contains(where: { $0 < 0 || $0 > 1 << 31 }),
      let result = broadcast(shape, wanted)
    else { throw bad("does not go") }
    return try repeated(shape, result) { index, extent in extent == 1 ? 0 : index }
  }

  fileprivate func tile() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    guard let repeats = try integers(1), repeats.count == shape.count,
      !repeats.contains(where: { $0 < 0 || $0 > 1 << 31 })
    else { throw bad("has wrong repeats") }
    let result = zip(shape, repeats).map { $0 &* $1 }
    return try repeated(shape, result) { index, extent in index % extent }
  }

  private func repeated(
    _ shape: [Int], _ result: [Int], _ position: (_ index: Int, _ extent: Int) -> Int
  ) throws(ShapeProblem) -> Inferred {
    guard result.allSatisfy({ $0 <= 1 << 24 }) else { throw bad("makes \(result)") }
    let strides = rowMajorStrides(shape)
    let offset = result.count - shape.count
    let tables = result.indices.map { axis in
      axis < offset
        ? [Int](repeating: 0, count: result[axis])
        : (0..<result[axis]).map {
          position($0, shape[axis - offset]) * strides[axis - offset]
        }
    }
    return Inferred(.axes(shape: result, tables: tables), result)
  }

  fileprivate func slice() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    guard let starts = try integers("starts", or: 1), let ends = try integers("ends", or: 2),
      starts.count == ends.count
    else { throw bad("has no bounds") }
    let axes = try integers("axes", or: 3) ?? Array(starts.indices)
    let steps = try integers(4) ?? [Int](repeating: 1, count: starts.count)
    guard axes.count == starts.count, steps.count == starts.count else {
      throw bad("has bounds that do not go together")
    }
    var positions = shape.map { Array(0..<$0) }
    for index in axes.indices {
      let axis = try axis(axes[index], rank: shape.count)
      let (extent, step) = (shape[axis], steps[index])
      guard step != 0 else { throw bad("has the step 0") }
      // Bounds outside are clamped as the operator says, whatever their size.
      func clamped(_ bound: Int) -> Int {
        let positive = bound < 0 ? bound &+ extent : bound
        return step > 0
          ? min(max(positive, 0), extent)
          : min(max(bound < -extent ? -1 : positive, -1), extent - 1)
      }
      let (start, end) = (clamped(starts[index]), clamped(ends[index]))
      var found: [Int] = []
      var position = start
      while step > 0 ? position < end : position > end {
        found.append(position)
        let (next, overflow) = position.addingReportingOverflow(step)
        if overflow { break }
        position = next
      }
      positions[axis] = found
    }
    let strides = rowMajorStrides(shape)
    let tables = positions.indices.map { axis in positions[axis].map { $0 * strides[axis] } }
    let result = positions.map { $0.count }
    return Inferred(.axes(shape: result, tables: tables), result)
  }

  fileprivate func split() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    let axis = try axis(node.attributes.integer("axis") ?? 0, rank: shape.count)
    var counts = try integers("split", or: 1)
    if counts == nil {
      let parts = node.attributes.integer("num_outputs") ?? outputCount
      guard parts > 0, parts <= 1 << 16 else { throw bad("into \(parts) parts") }
      let size = (shape[axis] + parts - 1) / parts
      counts = (0..<parts).map { min(size, max(shape[axis] - $0 * size, 0)) }
    }
    guard let counts, counts.count >= outputCount, !counts.contains(where: { $0 < 0 }),
      counts.reduce(0, &+) == shape[axis]
    else { throw bad("does not add up to \(shape[axis])") }
    var inferred = Inferred([])
    var start = 0
    for count in counts {
      let (movement, result) = Movement.along(
        axis, of: shape, positions: Array(start..<start + count))
      inferred.shapes.append(result)
      inferred.movements.append(movement)
      start += count
    }
    return inferred
  }

  fileprivate func gather() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    let indexShape = try self.shape(1)
    let axis = try axis(node.attributes.integer("axis") ?? 0, rank: shape.count)
    let result = shape[..<axis] + indexShape + shape[(axis + 1)...]
    guard program.constant(node.inputs[1]) != nil else { return Inferred([Array(result)]) }
    guard let indices = try integers(1), indices.count <= 1 << 24 else {
      throw bad("has indices that are no integers")
    }
    var positions: [Int] = []
    for index in indices {
      let positive = index < 0 ? index &+ shape[axis] : index
      guard (0..<shape[axis]).contains(positive) else { throw bad("index \(index) is outside") }
      positions.append(positive)
    }
    let (movement, _) = Movement.along(axis, of: shape, positions: positions)
    return Inferred(movement, Array(result))
  }

  fileprivate func concat() throws(ShapeProblem) -> Inferred {
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
    return Inferred(.concat(operands: operands, ends: ends, inner: inner), result)
  }

  fileprivate func blocks() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    guard shape.count == 4, let side = node.attributes.integer("blocksize"), side > 0,
      side <= 64
    else { throw bad("needs an image and a block size") }
    let (channels, height, width) = (shape[1], shape[2], shape[3])
    let square = side * side
    let strides = rowMajorStrides(shape)
    func table(_ count: Int, _ stride: Int) -> [Int] { (0..<count).map { $0 * stride } }
    if node.op == "SpaceToDepth" {
      guard height % side == 0, width % side == 0 else { throw bad("of sides that don't divide") }
      // Block positions before channels, or after them in the mode that newer sets have.
      let isColumnFirst = node.attributes.string("mode") == "CRD"
      let block = (extents: [side, side], steps: [width, 1])
      let seen =
        [shape[0]] + (isColumnFirst ? [channels] + block.extents : block.extents + [channels])
        + [height / side, width / side]
      let steps =
        [strides[0]] + (isColumnFirst ? [strides[1]] + block.steps : block.steps + [strides[1]])
        + [width * side, side]
      return Inferred(
        .axes(shape: seen, tables: zip(seen, steps).map(table)),
        [shape[0], channels * square, height / side, width / side])
    }
    guard channels % square == 0 else { throw bad("of channels that don't divide") }
    let outputs = channels / square
    let isColumnFirst = node.attributes.string("mode") == "CRD"
    let seen = [shape[0], outputs, height, side, width, side]
    let plane = height * width
    let steps =
      isColumnFirst
      ? [strides[0], square * plane, width, side * plane, 1, plane]
      : [strides[0], plane, width, side * outputs * plane, 1, outputs * plane]
    return Inferred(
      .axes(shape: seen, tables: zip(seen, steps).map(table)),
      [shape[0], outputs, height * side, width * side])
  }

  fileprivate func scatter() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    let updates = try self.shape(2)
    guard (node.attributes.string("reduction") ?? "none") == "none" else {
      throw .unsupported("it accumulates")
    }
    guard let indices = try integers(1) else { throw .unsupported("its indices are not constant") }
    let strides = rowMajorStrides(shape)
    var replaced: [Int: Int] = [:]
    if node.op == "ScatterElements" {
      let axis = try axis(node.attributes.integer("axis") ?? 0, rank: shape.count)
      guard updates.count == shape.count, indices.count == updates.reduce(1, *) else {
        throw bad("has updates that do not fit")
      }
      for (flat, index) in indices.enumerated() {
        var (rest, target) = (flat, 0)
        for other in shape.indices.reversed() {
          let position =
            other == axis
            ? (index < 0 ? index &+ shape[axis] : index)
            : rest % updates[other]
          guard (0..<shape[other]).contains(position) else { throw bad("writes outside") }
          target += position * strides[other]
          rest /= updates[other]
        }
        replaced[target] = flat
      }
    } else {
      guard let depth = try self.shape(1).last, depth > 0, depth <= shape.count else {
        throw bad("has indices that do not fit")
      }
      let slice = shape.dropFirst(depth).reduce(1, *)
      let rows = indices.count / depth
      guard updates.reduce(1, *) == rows * slice, rows * slice <= 1 << 26 else {
        throw bad("has updates that do not fit")
      }
      for row in 0..<rows {
        var target = 0
        for axis in 0..<depth {
          let index = indices[row * depth + axis]
          let position = index < 0 ? index &+ shape[axis] : index
          guard (0..<shape[axis]).contains(position) else { throw bad("writes outside") }
          target += position * strides[axis]
        }
        for inner in 0..<slice { replaced[target + inner] = row * slice + inner }
      }
    }
    return Inferred(.replace(source: 2, indices: replaced), shape)
  }

  fileprivate func resize() throws(ShapeProblem) -> Inferred {
    let shape = try shape(0)
    var scales: [Float]?
    var sizes: [Int]?
    if node.op == "Upsample" {
      scales = node.attributes.floats("scales")
      if scales == nil { scales = try floats(1) }
    } else if node.version < 11 {
      scales = try floats(1)
    } else {
      if has(2) { scales = try floats(2) }
      if scales?.isEmpty != false { scales = nil }
      if scales == nil { sizes = try integers(3) }
    }
    guard node.attributes.integers("axes") == nil else { throw .unsupported("it names axes") }
    var result: [Int] = []
    if let scales, scales.count == shape.count {
      for (extent, scale) in zip(shape, scales) {
        let product = (Double(extent) * Double(scale)).rounded(.down)
        guard product >= 0, product < 16_777_216 else { throw bad("scales by \(scale)") }
        result.append(Int(product))
      }
    } else if let sizes, sizes.count == shape.count,
      !sizes.contains(where: { $0 < 1 || $0 > 1 << 24 })
    {
      result = sizes
    } else {
      throw .unsupported("it has neither scales nor sizes")
    }
    guard (node.attributes.string("mode") ?? "nearest") == "nearest" else {
      return Inferred([result])
    }
    let isWhole = zip(shape, result).allSatisfy { $0 > 0 && $1 % $0 == 0 }
    let transform = node.attributes.string("coordinate_transformation_mode") ?? "half_pixel"
    let rounding = node.attributes.string("nearest_mode") ?? "round_prefer_floor"
    let isPlain =
      node.op == "Upsample" || node.version < 11
      || (transform == "asymmetric" && rounding == "floor")
      // Pixel centres: with a whole factor the nearest is always the one that contains it.
      || (transform.hasPrefix("half_pixel") && rounding.hasPrefix("round"))
    guard isWhole, isPlain else { return Inferred([result]) }
    let strides = rowMajorStrides(shape)
    let tables = result.indices.map { axis in
      (0..<result[axis]).map { $0 / (result[axis] / shape[axis]) * strides[axis] }
    }
    return Inferred(.axes(shape: result, tables: tables), result)
  }
}

extension AttributeTable {
  func floats(_ name: String) -> [Float]? {
    guard case .floats(let values)? = self[name] else { return nil }
    return values
  }
}
