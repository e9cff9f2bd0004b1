import VMIRGraph

extension Add: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].adding(operands[1])]
  }
}

extension ReferenceTensor {
  /// Sum with a tensor of the same shape, or of the same rank with extents 1 that are repeated.
  package func adding(_ other: ReferenceTensor) -> ReferenceTensor { combined(with: other, +) }
}
