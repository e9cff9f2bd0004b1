import VMIRGraph

extension SiLU: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].silu()]
  }
}

extension ReferenceTensor {
  /// Each element's `ReferenceScalar.silu`.
  package func silu() -> ReferenceTensor { map(Scalar.silu) }
}
