import VMIRGraph

extension ResizeBilinear: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].resizeBilinear(factor)]
  }
}

extension ReferenceTensor {
  /// `[N, C, H, W]` enlarged `factor` times, interpolated between pixel centres.
  ///
  /// Source: `torch.nn.functional.interpolate`, "bilinear", `align_corners=False`.
  package func resizeBilinear(_ factor: Int) -> ReferenceTensor {
    var result = ReferenceTensor(zeros: [
      shape[0], shape[1], shape[2] * factor, shape[3] * factor,
    ])
    let rows = (0..<result.shape[2]).map { Neighbours<Scalar>(of: $0, factor, count: shape[2]) }
    let columns = (0..<result.shape[3]).map { Neighbours<Scalar>(of: $0, factor, count: shape[3]) }
    for n in 0..<result.shape[0] {
      for c in 0..<result.shape[1] {
        for (y, row) in rows.enumerated() {
          for (x, column) in columns.enumerated() {
            let upper = column.between(
              self[n, c, row.first, column.first], self[n, c, row.first, column.second])
            let lower = column.between(
              self[n, c, row.second, column.first], self[n, c, row.second, column.second])
            result[n, c, y, x] = row.between(upper, lower)
          }
        }
      }
    }
    return result
  }
}

/// The two rows or columns that one of an enlarged image lies between.
private struct Neighbours<Scalar: ReferenceScalar> {
  let first: Int
  let second: Int
  /// Where from the first to the second, from 0 to 1.
  let position: Scalar

  init(of index: Int, _ factor: Int, count: Int) {
    let place = max((Scalar(index) + 0.5) / Scalar(factor) - 0.5, 0)
    first = min(Int(place), count - 1)
    second = min(first + 1, count - 1)
    position = place - Scalar(first)
  }

  func between(_ a: Scalar, _ b: Scalar) -> Scalar { (1 - position) * a + position * b }
}
