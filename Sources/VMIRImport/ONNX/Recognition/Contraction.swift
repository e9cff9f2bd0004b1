import VMIRCore

/// A sum of products over one index: Einsum, MatMul, Gemm, or a 1x1 Conv of any rank.
struct Contraction {
  /// Values that are multiplied.
  let operands: [Int]
  /// The result seen with these extents; flat indices stay.
  let extents: [Int]
  /// By operand and extent: elements from one index to the next.
  let strides: [[Int]]
  /// Terms of each sum, and by operand the elements from one to the next.
  let count: Int
  let steps: [Int]
  /// A value that is added, with its strides.
  var bias: (value: Int, strides: [Int])?

  /// The elements, not traced, of the operands that make term `term` of an element.
  func factors(of element: Element, term: Int) -> [Element] {
    var indices = steps.map { $0 * term }
    var rest = element.index
    for axis in extents.indices.reversed() {
      let position = rest % extents[axis]
      rest /= extents[axis]
      for operand in operands.indices { indices[operand] += position * strides[operand][axis] }
    }
    return zip(operands, indices).map {
      Element(value: $0, index: $1, step: element.step)
    }
  }
}

extension InlinedGraph {
  /// The contraction that makes a value.
  func contraction(_ value: Int) -> Contraction? {
    guard let node = producer(value) else { return nil }
    switch node.op {
    case "Einsum": return einsum(node)
    case "MatMul": return matMul(node, value)
    case "Conv": return pointwise(node)
    case "Gemm": return gemm(node)
    default: return nil
    }
  }

  private func einsum(_ node: Node) -> Contraction? {
    guard let labels = EinsumLabels(node.attributes.string("equation") ?? "") else { return nil }
    var operands: [Int] = []
    var extents: [Character: Int] = [:]
    var strides: [[Character: Int]] = []
    for (input, names) in zip(node.inputs, labels.operands) {
      guard let input, let shape = values[input].shape else { return nil }
      operands.append(input)
      for (name, extent) in zip(names, shape) { extents[name] = extent }
      strides.append(
        Dictionary(uniqueKeysWithValues: zip(names, rowMajorStrides(shape))))
    }
    let summed = extents.keys.filter { !labels.result.contains($0) && extents[$0] != 1 }
    guard summed.count <= 1 else { return nil }
    let name = summed.first
    return Contraction(
      operands: operands, extents: labels.result.map { extents[$0] ?? 1 },
      strides: strides.map { strides in labels.result.map { strides[$0] ?? 0 } },
      count: name.flatMap { extents[$0] } ?? 1,
      steps: strides.map { strides in name.flatMap { strides[$0] } ?? 0 })
  }

  private func matMul(_ node: Node, _ value: Int) -> Contraction? {
    guard let a = node.inputs[0], let b = node.inputs[1], let result = values[value].shape,
      let aShape = values[a].shape, let bShape = values[b].shape
    else { return nil }
    let rank = result.count
    func batchStrides(_ shape: [Int]) -> [Int] {
      let strides = rowMajorStrides(shape)
      return (0..<rank - 2).map { axis in
        let own = axis + shape.count - rank
        return own < 0 || shape[own] == 1 ? 0 : strides[own]
      }
    }
    let columns = bShape[bShape.count - 1]
    let inner = aShape[aShape.count - 1]
    return Contraction(
      operands: [a, b], extents: result,
      strides: [batchStrides(aShape) + [inner, 0], batchStrides(bShape) + [0, 1]],
      count: inner, steps: [1, columns])
  }

  private func gemm(_ node: Node) -> Contraction? {
    guard let a = node.inputs[0], let b = node.inputs[1], let aShape = values[a].shape,
      let bShape = values[b].shape, node.attributes.float("alpha") ?? 1 == 1,
      node.attributes.float("beta") ?? 1 == 1
    else { return nil }
    let transposeA = node.attributes.integer("transA") == 1
    let transposeB = node.attributes.integer("transB") == 1
    let (rows, inner) = transposeA ? (aShape[1], aShape[0]) : (aShape[0], aShape[1])
    let columns = transposeB ? bShape[0] : bShape[1]
    var contraction = Contraction(
      operands: [a, b], extents: [rows, columns],
      strides: [[transposeA ? 1 : inner, 0], [0, transposeB ? inner : 1]], count: inner,
      steps: [transposeA ? rows : 1, transposeB ? 1 : columns])
    if node.inputs.count > 2, let bias = node.inputs[2] {
      guard let shape = values[bias].shape, shape.reduce(1, *) == columns else { return nil }
      contraction.bias = (bias, [0, 1])
    }
    return contraction
  }

  private func pointwise(_ node: Node) -> Contraction? {
    guard let data = node.inputs[0], let weight = node.inputs[1], let shape = values[data].shape,
      let kernel = values[weight].shape, kernel.dropFirst(2).allSatisfy({ $0 == 1 }),
      !(node.attributes.integers("strides") ?? []).contains(where: { $0 != 1 }),
      !(node.attributes.integers("pads") ?? []).contains(where: { $0 != 0 })
    else { return nil }
    let groups = node.attributes.integer("group") ?? 1
    let pixels = shape.dropFirst(2).reduce(1, *)
    let (outputs, inputs) = (kernel[0] / groups, kernel[1])
    var contraction = Contraction(
      operands: [data, weight], extents: [shape[0], groups, outputs, pixels],
      strides: [[shape[1] * pixels, inputs * pixels, 0, 1], [0, outputs * inputs, inputs, 0]],
      count: inputs, steps: [pixels, 1])
    if node.inputs.count > 2, let bias = node.inputs[2] {
      contraction.bias = (bias, [0, outputs, 1, 0])
    }
    return contraction
  }
}
