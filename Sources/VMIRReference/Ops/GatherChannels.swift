import VMIRGraph

extension GatherChannels: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let x = operands[0]
    var y = ReferenceTensor<Scalar>(zeros: [x.shape[0], channels.count, x.shape[2], x.shape[3]])
    for n in 0..<x.shape[0] {
      for (c, channel) in channels.enumerated() {
        for h in 0..<x.shape[2] {
          for w in 0..<x.shape[3] { y[n, c, h, w] = x[n, channel, h, w] }
        }
      }
    }
    return [y]
  }
}
