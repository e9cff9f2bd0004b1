import VMIRCore

/// Axes of a value: extents, and elements from one index to the next, outermost first.
typealias StridedAxes = [(extent: Int, stride: Int)]

/// A product of the matrices of two values, one for each index of their common axes: MatMul, Gemm
/// without a summand, an Einsum of two operands.
struct ProductForm {
  /// An operand as matrices.
  struct Operand {
    let value: Int
    let batch: StridedAxes
    let rows: StridedAxes
    let columns: StridedAxes
  }

  /// `[batch][M][K]`.
  let a: Operand
  /// `[batch][K][N]`.
  let b: Operand
  /// `[batch][M][N]`, of the result.
  let batch: StridedAxes
  let rows: StridedAxes
  let columns: StridedAxes
}

extension StridedAxes {
  /// Indices of all of them.
  var elementCount: Int { reduce(1) { $0 * $1.extent } }

  /// Where the element of a number within these axes is, at index 0 of all others.
  func flat(_ number: Int) -> Int {
    var (rest, sum) = (number, 0)
    for axis in reversed() {
      sum += rest % axis.extent * axis.stride
      rest /= axis.extent
    }
    return sum
  }

  /// The number within these axes of a flat index.
  func number(_ index: Int) -> Int {
    reduce(0) { $0 * $1.extent + index / $1.stride % $1.extent }
  }
}

/// All axes of a shape, elements in row-major order.
func stridedAxes(_ shape: [Int]) -> StridedAxes {
  zip(shape, rowMajorStrides(shape)).map { (extent: $0, stride: $1) }
}

extension InlinedGraph {
  /// The product that makes a value; nil where it is none of two values.
  func product(_ node: Node, _ value: Int) -> ProductForm? {
    switch node.op {
    case "MatMul", "Gemm": return matrixProduct(node, value)
    case "Einsum": return einsumProduct(node, value)
    default: return nil
    }
  }

  private func matrixProduct(_ node: Node, _ value: Int) -> ProductForm? {
    guard node.inputs.count >= 2, let a = node.inputs[0], let b = node.inputs[1],
      let aShape = values[a].shape, let bShape = values[b].shape,
      let shape = values[value].shape, aShape.count >= 2, bShape.count >= 2
    else { return nil }
    let isGemm = node.op == "Gemm"
    let turnsA = isGemm && node.attributes.integer("transA") == 1
    let turnsB = isGemm && node.attributes.integer("transB") == 1
    let (x, y, z) = (stridedAxes(aShape), stridedAxes(bShape), stridedAxes(shape))
    func batch(_ axes: StridedAxes) -> StridedAxes {
      axes.dropLast(2).filter { $0.extent != 1 }
    }
    let (xBatch, yBatch, zBatch) = (batch(x), batch(y), batch(z))
    let xRows = [x[x.count - (turnsA ? 1 : 2)]]
    let xColumns = [x[x.count - (turnsA ? 2 : 1)]]
    let yRows = [y[y.count - (turnsB ? 1 : 2)]]
    let yColumns = [y[y.count - (turnsB ? 2 : 1)]]
    let (zRows, zColumns) = ([z[z.count - 2]], [z[z.count - 1]])
    if yBatch.isEmpty {
      // One matrix for all: their rows are those of one.
      return ProductForm(
        a: .init(value: a, batch: [], rows: xBatch + xRows, columns: xColumns),
        b: .init(value: b, batch: [], rows: yRows, columns: yColumns), batch: [],
        rows: zBatch + zRows, columns: zColumns)
    }
    guard xBatch.map(\.extent) == yBatch.map(\.extent),
      aShape.count == bShape.count || xBatch.count == yBatch.count
    else { return nil }
    return ProductForm(
      a: .init(value: a, batch: xBatch, rows: xRows, columns: xColumns),
      b: .init(value: b, batch: yBatch, rows: yRows, columns: yColumns), batch: zBatch,
      rows: zRows, columns: zColumns)
  }

  private func einsumProduct(_ node: Node, _ value: Int) -> ProductForm? {
    guard let labels = EinsumLabels(node.attributes.string("equation") ?? ""),
      labels.operands.count == 2, node.inputs.count == 2, let a = node.inputs[0],
      let b = node.inputs[1], let shape = values[value].shape
    else { return nil }
    var tables: [[Character: (extent: Int, stride: Int)]] = []
    for (names, shape) in [
      (labels.operands[0], values[a].shape), (labels.operands[1], values[b].shape),
      (labels.result, Optional(shape)),
    ] {
      guard let shape, shape.count == names.count else { return nil }
      tables.append(Dictionary(uniqueKeysWithValues: zip(names, stridedAxes(shape))))
    }
    func axes(_ names: [Character], _ table: Int) -> StridedAxes {
      names.compactMap { tables[table][$0] }
    }
    let (inA, inB) = (Set(labels.operands[0]), Set(labels.operands[1]))
    let batch = labels.result.filter { inA.contains($0) && inB.contains($0) }
    let rows = labels.result.filter { inA.contains($0) && !inB.contains($0) }
    let columns = labels.result.filter { !inA.contains($0) && inB.contains($0) }
    let summed = labels.operands[0].filter { !labels.result.contains($0) }
    // What only one operand has is summed over apart; not here.
    guard Set(summed) == inB.subtracting(labels.result), Set(summed).isSubset(of: inB) else {
      return nil
    }
    return ProductForm(
      a: .init(
        value: a, batch: axes(batch, 0), rows: axes(rows, 0), columns: axes(summed, 0)),
      b: .init(
        value: b, batch: axes(batch, 1), rows: axes(summed, 1), columns: axes(columns, 1)),
      batch: axes(batch, 2), rows: axes(rows, 2), columns: axes(columns, 2))
  }
}
