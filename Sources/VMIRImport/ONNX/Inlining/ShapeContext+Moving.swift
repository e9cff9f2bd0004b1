import ONNXModel
import VMIRCore

// Operators that move elements between channels and space, enlarge, or replace some.
extension ShapeContext {
  func blocks() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    guard shape.count == 4, let side = node.attributes.integer("blocksize"), side > 0,
      side <= 64
    else { throw bad("needs an image and a block size") }
    let (channels, height, width) = (shape[1], shape[2], shape[3])
    let square = side * side
    let strides = rowMajorStrides(shape)
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
      return InferredOutputs(
        .axes(shape: seen, maps: steps.map { AxisMap(step: $0) }),
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
    return InferredOutputs(
      .axes(shape: seen, maps: steps.map { AxisMap(step: $0) }),
      [shape[0], outputs, height * side, width * side])
  }

  /// Most elements that one node replaces.
  private static let targetLimit = 1 << 22

  /// ScatterElements and ScatterND: some elements are replaced, or with a reduction joined.
  func scatter() throws(ShapeProblem) -> InferredOutputs {
    let shape = try shape(0)
    guard (node.attributes.string("reduction") ?? "none") == "none" else {
      guard node.inputs.allSatisfy({ program.constant($0) != nil }) else {
        throw .unsupported("it accumulates")
      }
      return InferredOutputs([shape])
    }
    var replaced: [Int: Int] = [:]
    for (source, target) in try scatterTargets().enumerated() { replaced[target] = source }
    return InferredOutputs(.replace(source: 2, indices: replaced), shape)
  }

  /// By flat index in the updates: the flat index of the element that is replaced.
  func scatterTargets() throws(ShapeProblem) -> [Int] {
    let shape = try shape(0)
    let updates = try self.shape(2)
    guard let indices = try integers(1) else { throw .unsupported("its indices are not constant") }
    let strides = rowMajorStrides(shape)
    var targets: [Int] = []
    if node.op == "ScatterElements" {
      let axis = try axis(node.attributes.integer("axis") ?? 0, rank: shape.count)
      guard updates.count == shape.count, indices.count == updates.reduce(1, *),
        indices.count <= ShapeContext.targetLimit
      else {
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
        targets.append(target)
      }
      return targets
    }
    guard let depth = try self.shape(1).last, depth > 0, depth <= shape.count else {
      throw bad("has indices that do not fit")
    }
    let slice = shape.dropFirst(depth).reduce(1, *)
    let rows = indices.count / depth
    guard updates.reduce(1, *) == rows * slice, rows * slice <= ShapeContext.targetLimit
    else {
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
      targets += target..<target + slice
    }
    return targets
  }
}
