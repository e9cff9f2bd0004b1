import VMIRGraph

extension PixelShuffle: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].pixelShuffle(factor)]
  }
}

extension ReferenceTensor {
  /// `[N, C r r, H, W]` -> `[N, C, H r, W r]`.
  ///
  /// Source: `torch.nn.PixelShuffle`.
  ///
  /// Channel `c r r + dy r + dx` goes to row `h r + dy`, column `w r + dx` of channel `c`.
  package func pixelShuffle(_ factor: Int) -> ReferenceTensor {
    var result = ReferenceTensor(zeros: [
      shape[0], shape[1] / (factor * factor), shape[2] * factor, shape[3] * factor,
    ])
    for n in 0..<result.shape[0] {
      for c in 0..<result.shape[1] {
        for y in 0..<result.shape[2] {
          for x in 0..<result.shape[3] {
            let channel = (c * factor + y % factor) * factor + x % factor
            result[n, c, y, x] = self[n, channel, y / factor, x / factor]
          }
        }
      }
    }
    return result
  }
}
