import VMIRGraph

extension MatMul: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let (x, z) = (operands[0], operands[1])
    let (left, right) = (extents(x, a), extents(z, b))
    let (rows, inner) = transposesA ? (left.columns, left.rows) : left
    let columns = transposesB ? right.rows : right.columns
    let isImage = a == .channels && !transposesA
    let shape =
      result == .rows
      ? [x.shape[0], columns, batch, rows]
      : [x.shape[0], batch * columns, isImage ? x.shape[2] : 1, isImage ? x.shape[3] : rows]
    var y = ReferenceTensor<Scalar>(zeros: shape)
    for n in 0..<x.shape[0] {
      for i in 0..<batch {
        for row in 0..<rows {
          for column in 0..<columns {
            var sum: Scalar = 0
            for k in 0..<inner {
              let p = transposesA ? (k, row) : (row, k)
              let q = transposesB ? (column, k) : (k, column)
              sum +=
                x.elements[place(x, a, n, i, p.0, p.1)] * z.elements[place(z, b, n, i, q.0, q.1)]
            }
            y.elements[place(y, result, n, i, row, column)] = sum
          }
        }
      }
    }
    return [y]
  }

  /// Rows and columns of an image's matrices.
  private func extents<Scalar>(
    _ x: ReferenceTensor<Scalar>, _ form: Form
  ) -> (rows: Int, columns: Int) {
    switch form {
    case .rows: (x.shape[3], x.shape[1])
    case .channels: (x.shape[2] * x.shape[3], x.shape[1] / batch)
    }
  }

  /// Where the element of a matrix lies.
  private func place<Scalar>(
    _ x: ReferenceTensor<Scalar>, _ form: Form, _ n: Int, _ i: Int, _ row: Int, _ column: Int
  ) -> Int {
    switch form {
    case .rows: ((n * x.shape[1] + column) * x.shape[2] + i) * x.shape[3] + row
    case .channels:
      ((n * batch + i) * (x.shape[1] / batch) + column) * x.shape[2] * x.shape[3] + row
    }
  }
}
