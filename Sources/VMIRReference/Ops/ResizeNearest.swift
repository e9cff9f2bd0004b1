import VMIRGraph

extension ResizeNearest: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].resizeNearest(factor)]
  }
}

extension ReferenceTensor {
  /// Each pixel `factor` x `factor` times.
  ///
  /// Source: `torch.nn.functional.interpolate`, "nearest".
  package func resizeNearest(_ factor: Int) -> ReferenceTensor {
    var result = ReferenceTensor(zeros: [
      shape[0], shape[1], shape[2] * factor, shape[3] * factor,
    ])
    for n in 0..<result.shape[0] {
      for c in 0..<result.shape[1] {
        for y in 0..<result.shape[2] {
          for x in 0..<result.shape[3] {
            result[n, c, y, x] = self[n, c, y / factor, x / factor]
          }
        }
      }
    }
    return result
  }
}
