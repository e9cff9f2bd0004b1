import VMIRGraph

extension OverlappingWindowAttention: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [
      operands[0].overlappingWindowAttention(
        table: operands[1], window: window, reach: reach, scale: Scalar(scale))
    ]
  }
}

extension ReferenceTensor {
  /// Attention of windows to squares about them, of an image `[N, 3C, H, W]` of queries, keys and
  /// values.
  ///
  /// Source: `OCAB` of HAT.
  /// - Parameters:
  ///   - table: `[(window + reach - 1)^2, heads]`.
  ///   - window: Side of a window, divides H and W.
  ///   - reach: Side of a square, more by an even number.
  ///   - scale: Factor of the products.
  /// - Returns: `[N, C, H, W]`.
  package func overlappingWindowAttention(
    table: ReferenceTensor, window: Int, reach: Int, scale: Scalar
  ) -> ReferenceTensor {
    let (heads, channels) = (table.shape[1], shape[1] / 3)
    let d = channels / heads
    let (height, width) = (shape[2], shape[3])
    let (margin, side) = ((reach - window) / 2, window + reach - 1)
    var result = ReferenceTensor(zeros: [shape[0], channels, height, width])
    for n in 0..<shape[0] {
      for head in 0..<heads {
        for y in 0..<height {
          for x in 0..<width {
            let (top, left) = (y / window * window - margin, x / window * window - margin)
            var logits: [Scalar] = []
            for keyY in 0..<reach {
              for keyX in 0..<reach {
                var logit: Scalar = 0
                for c in head * d..<(head + 1) * d {
                  logit +=
                    self[n, c, y, x] * pixel(n, channels + c, top + keyY, left + keyX)
                }
                let entry =
                  (keyY - y % window + window - reach + 1) * side
                  + keyX - x % window + window - reach + 1
                let count = side * side
                logits.append(logit * scale + table[(entry + count) % count, head])
              }
            }
            let weights = softmax(logits)
            for c in head * d..<(head + 1) * d {
              for (index, weight) in weights.enumerated() {
                result[n, c, y, x] +=
                  weight
                  * pixel(n, 2 * channels + c, top + index / reach, left + index % reach)
              }
            }
          }
        }
      }
    }
    return result
  }

  /// An element of an image, 0 outside of it.
  private func pixel(_ n: Int, _ c: Int, _ y: Int, _ x: Int) -> Scalar {
    guard y >= 0, x >= 0, y < shape[2], x < shape[3] else { return 0 }
    return self[n, c, y, x]
  }
}
