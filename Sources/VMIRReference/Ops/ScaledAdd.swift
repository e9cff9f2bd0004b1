import VMIRGraph

extension ScaledAdd: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let alpha = Scalar(alpha)
    return [operands[0].map { $0 * alpha }.adding(operands[1])]
  }
}
