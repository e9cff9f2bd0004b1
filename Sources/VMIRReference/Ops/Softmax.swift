import VMIRGraph

extension Softmax: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let x = operands[0]
    var y = x
    for n in 0..<x.shape[0] {
      for h in 0..<x.shape[2] {
        for w in 0..<x.shape[3] {
          let channels = 0..<x.shape[1]
          var greatest = x[n, 0, h, w]
          for c in channels { greatest = max(greatest, x[n, c, h, w]) }
          var sum: Scalar = 0
          for c in channels { sum += Scalar.exp(x[n, c, h, w] - greatest) }
          for c in channels { y[n, c, h, w] = Scalar.exp(x[n, c, h, w] - greatest) / sum }
        }
      }
    }
    return [y]
  }
}
