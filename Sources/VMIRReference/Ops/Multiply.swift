import VMIRGraph

extension Multiply: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].multiplied(by: operands[1])]
  }
}

extension ReferenceTensor {
  /// Product with a tensor of the same shape, or of the same rank with extents 1 that are repeated.
  package func multiplied(by other: ReferenceTensor) -> ReferenceTensor { combined(with: other, *) }
}
