import VMIRGraph

extension GELU: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].gelu()]
  }
}

extension ReferenceTensor {
  /// Each element's `ReferenceScalar.gelu`.
  package func gelu() -> ReferenceTensor { map(Scalar.gelu) }
}
