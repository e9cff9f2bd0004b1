import VMIRCore
import VMIRGraph

// Products of two values that are both computed.
extension OpRecognizer {
  /// An operand of a product as an image in one of the forms of `matmul`.
  struct PlacedOperand {
    /// The operand as it was, and the node that has its matrices.
    let source: RecognizedValue
    let node: RecognizedGraph.ID
    let form: MatMul.Form
    /// Whether the matrices of the node are those of the operand transposed.
    let isTransposed: Bool
  }

  /// A product of two computed values; nil where it is none that is understood.
  func recognizeProduct(
    _ node: InlinedGraph.Node, _ value: Int
  ) throws(Obstacle) -> RecognizedValue? {
    guard let form = program.product(node, value), program.constant(form.a.value) == nil,
      program.constant(form.b.value) == nil
    else { return nil }
    guard node.op != "Gemm" || node.inputs.count < 3 || node.inputs[2] == nil else { return nil }
    let batch = form.batch.elementCount
    let a = try place(form.a, sums: form.a.columns, prefersSum: true, node.name)
    var b = try place(form.b, sums: form.b.rows, prefersSum: false, node.name)
    if a?.isTransposed == true, b?.isTransposed == true {
      b = try place(form.b, sums: form.b.rows, prefersSum: false, turnsOnly: false, node.name)
    }
    guard let a, let b else {
      throw .notRecognized(value: value, reason: "the layout of its operands is not understood")
    }
    if let fused = attention(form, a, b, node.name) { return fused }
    let product = multiplied(form, a, b, batch, node.name)
    guard let product else {
      throw .notRecognized(value: value, reason: "the layout of its operands is not understood")
    }
    let alpha = node.op == "Gemm" ? node.attributes.float("alpha") ?? 1 : 1
    guard alpha != 1 else { return product }
    let count = graph[product.node].channels
    return try affine(
      product, scales: [Float](repeating: alpha, count: count), name: node.name)
  }

  /// The product's node, and the value's elements in it.
  private func multiplied(
    _ form: ProductForm, _ a: PlacedOperand, _ b: PlacedOperand, _ batch: Int, _ name: String
  ) -> RecognizedValue? {
    // Pixels stay pixels: of b^T a^T where only b has them as rows, or has them in several.
    let swaps =
      b.form == .channels && b.isTransposed && !a.isTransposed
      && (a.form == .rows || graph[a.node].height == 1 && graph[b.node].height != 1)
    let (left, right) = swaps ? (b, a) : (a, b)
    let turnsLeft = swaps ? !left.isTransposed : left.isTransposed
    let turnsRight = swaps ? !right.isTransposed : right.isTransposed
    guard !turnsLeft || !turnsRight else { return nil }
    let (rows, columns) = swaps ? (form.columns, form.rows) : (form.rows, form.columns)
    let keepsPixels = left.form == .channels && !turnsLeft && (swaps || !turnsRight)
    let joinsHeads = right.form == .channels && !turnsRight && !turnsLeft
    let result = keepsPixels || joinsHeads ? MatMul.Form.channels : .rows
    let op = MatMul(
      batch: batch, a: left.form, b: right.form, result: result, transposesA: turnsLeft,
      transposesB: turnsRight)
    let (m, n) = (rows.elementCount, columns.elementCount)
    let whole = graph[left.node]
    let size =
      result == .rows
      ? (n, batch, m)
      : left.form == .channels && !turnsLeft
        ? (batch * n, whole.height, whole.width) : (batch * n, 1, m)
    let node = graph.add(.op(.matMul(op)), [left.node, right.node], size, name: name)
    return RecognizedValue(node: node) { index in
      let i = form.batch.number(index)
      let (row, column) = (rows.number(index), columns.number(index))
      return NodeElement(
        node: node,
        index: result == .rows ? (column * batch + i) * m + row : (i * n + column) * m + row)
    }
  }

  /// An operand as an image that has its matrices, where need be rearranged.
  ///
  /// - Parameters:
  ///   - operand: The operand.
  ///   - sums: The axes of it that are summed over.
  ///   - prefersSum: Whether they are to be the channels, where nothing speaks for the others.
  ///   - turnsOnly: Whether the matrices must be transposed, or must not; nil where either may be.
  ///   - name: Name of the nodes that are made.
  /// - Returns: nil where no operators bring them there.
  /// - Throws: The goal that has to be reached first, or why the operand is no image.
  private func place(
    _ operand: ProductForm.Operand, sums: StridedAxes, prefersSum: Bool, turnsOnly: Bool? = nil,
    _ name: String
  ) throws(Obstacle) -> PlacedOperand? {
    let source = try view(operand.value)
    let whole = graph[source.node]
    let plane = whole.height * whole.width
    let batch = operand.batch.elementCount
    func flat(_ i: Int, _ row: Int, _ column: Int) -> Int {
      operand.batch.flat(i) + operand.rows.flat(row) + operand.columns.flat(column)
    }
    func place(_ index: Int) -> Int { source.place(index) ?? -1 }
    for turns in [false, true] where turnsOnly ?? turns == turns {
      let columns = (turns ? operand.rows : operand.columns).elementCount
      let rows = (turns ? operand.columns : operand.rows).elementCount
      guard batch * columns == whole.channels, rows == plane else { continue }
      let isInPlace = samples(whole.elementCount).allSatisfy { index in
        let (channel, pixel) = index.quotientAndRemainder(dividingBy: plane)
        let (i, column) = channel.quotientAndRemainder(dividingBy: columns)
        return place(turns ? flat(i, column, pixel) : flat(i, pixel, column)) == index
      }
      if isInPlace {
        return PlacedOperand(
          source: source, node: source.node, form: .channels, isTransposed: turns)
      }
    }
    // What lies along the channels already becomes the columns.
    let (first, next) = (place(0), sums.elementCount > 1 ? place(sums.flat(1)) : 0)
    let hasSumChannels = sums.elementCount > 1 ? (next - first) % plane == 0 : prefersSum
    let isSumColumn = prefersSum
    // The left one is not transposed; of the right one either is as good.
    let turns = turnsOnly ?? (isSumColumn ? false : hasSumChannels)
    let rows = (turns ? operand.columns : operand.rows).elementCount
    let columns = (turns ? operand.rows : operand.columns).elementCount
    let node = arranged(source, to: [columns, batch, rows], name: name) { position in
      let (column, rest) = position.quotientAndRemainder(dividingBy: batch * rows)
      let (i, row) = rest.quotientAndRemainder(dividingBy: rows)
      return turns ? flat(i, column, row) : flat(i, row, column)
    }
    return node.map {
      PlacedOperand(source: source, node: $0, form: .rows, isTransposed: turns)
    }
  }
}
