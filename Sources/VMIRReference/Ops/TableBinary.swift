import VMIRGraph

extension TableBinary: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let (x, table) = (operands[0], operands[1])
    var y = x
    for n in 0..<x.shape[0] {
      for c in 0..<x.shape[1] {
        for h in 0..<x.shape[2] {
          for w in 0..<x.shape[3] {
            let t = table[
              table.shape[0] == 1 ? 0 : c, h / divisor % table.shape[1],
              table.shape[2] == 1 ? 0 : w]
            switch function {
            case .add: y[n, c, h, w] += t
            case .multiply: y[n, c, h, w] *= t
            }
          }
        }
      }
    }
    return [y]
  }
}
