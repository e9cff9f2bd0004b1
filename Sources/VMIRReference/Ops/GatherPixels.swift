import VMIRGraph

extension GatherPixels: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let x = operands[0]
    var y = ReferenceTensor<Scalar>(zeros: [x.shape[0], x.shape[1], rows.count, columns.count])
    for n in 0..<x.shape[0] {
      for c in 0..<x.shape[1] {
        for (h, row) in rows.enumerated() {
          for (w, column) in columns.enumerated() {
            y[n, c, h, w] =
              row == 0 || column == 0 ? Scalar(fill) : x[n, c, row - 1, column - 1]
          }
        }
      }
    }
    return [y]
  }
}
