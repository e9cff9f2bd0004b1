import VMIRGraph

extension Reduce: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let x = operands[0]
    let isOverPixels = axes == .pixels
    var y = ReferenceTensor<Scalar>(
      zeros: isOverPixels
        ? [x.shape[0], x.shape[1], 1, 1] : [x.shape[0], 1, x.shape[2], x.shape[3]])
    for n in 0..<x.shape[0] {
      for c in 0..<x.shape[1] {
        for h in 0..<x.shape[2] {
          for w in 0..<x.shape[3] {
            let element = x[n, c, h, w]
            let (i, j, k) = isOverPixels ? (c, 0, 0) : (0, h, w)
            let isFirst = isOverPixels ? h == 0 && w == 0 : c == 0
            switch function {
            case .sum: y[n, i, j, k] += element
            case .sumSquare: y[n, i, j, k] += element * element
            case .max: y[n, i, j, k] = isFirst ? element : Swift.max(y[n, i, j, k], element)
            }
          }
        }
      }
    }
    return [y]
  }
}
