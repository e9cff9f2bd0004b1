import VMIRGraph

extension DilatedConv2D: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].conv2d(weight: operands[1], bias: operands.optional(2), dilation: dilation)]
  }
}
