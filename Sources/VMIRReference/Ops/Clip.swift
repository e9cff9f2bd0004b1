import VMIRGraph

extension Clip: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let (low, high) = (Scalar(low), Scalar(high))
    return [operands[0].map { $0 < low ? low : $0 > high ? high : $0 }]
  }
}
