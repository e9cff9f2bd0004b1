import VMIRGraph

extension PReLU: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].prelu(slope: operands[1])]
  }
}

extension ReferenceTensor {
  /// `x` where positive, else `slope[C] * x`, of `[N, C, H, W]`.
  ///
  /// Source: `torch.nn.PReLU`.
  package func prelu(slope: ReferenceTensor) -> ReferenceTensor {
    var result = self
    let plane = shape[2] * shape[3]
    for index in elements.indices where !(elements[index] > 0) {
      result.elements[index] *= slope.elements[index / plane % shape[1]]
    }
    return result
  }
}
