import VMIRGraph

extension Sigmoid: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].sigmoid()]
  }
}

extension ReferenceTensor {
  /// Each element's `ReferenceScalar.sigmoid`.
  package func sigmoid() -> ReferenceTensor { map(Scalar.sigmoid) }
}
