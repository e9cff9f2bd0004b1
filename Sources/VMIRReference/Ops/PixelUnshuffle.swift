import VMIRGraph

extension PixelUnshuffle: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].pixelUnshuffle(factor)]
  }
}

extension ReferenceTensor {
  /// `[N, C, H r, W r]` -> `[N, C r r, H, W]`, the inverse.
  ///
  /// Source: `torch.nn.PixelUnshuffle`.
  package func pixelUnshuffle(_ factor: Int) -> ReferenceTensor {
    var result = ReferenceTensor(zeros: [
      shape[0], shape[1] * factor * factor, shape[2] / factor, shape[3] / factor,
    ])
    for n in 0..<shape[0] {
      for c in 0..<shape[1] {
        for y in 0..<result.shape[2] * factor {
          for x in 0..<result.shape[3] * factor {
            let channel = (c * factor + y % factor) * factor + x % factor
            result[n, channel, y / factor, x / factor] = self[n, c, y, x]
          }
        }
      }
    }
    return result
  }
}
