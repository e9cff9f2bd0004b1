import VMIRGraph

extension WindowAttention: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [
      operands[0].windowAttention(
        table: operands[1], window: window, shift: shift, scale: Scalar(scale))
    ]
  }
}

extension ReferenceTensor {
  /// Attention in windows of an image `[N, 3C, H, W]` of queries, keys and values.
  ///
  /// Source: `WindowAttention` and `SwinTransformerBlock.calculate_mask` of SwinIR.
  /// - Parameters:
  ///   - table: `[(2 window - 1)^2, heads]`.
  ///   - window: Side of a window, divides H and W.
  ///   - shift: Pixels that the image is rolled by, less than `window`.
  ///   - scale: Factor of the products.
  /// - Returns: `[N, C, H, W]`.
  package func windowAttention(
    table: ReferenceTensor, window: Int, shift: Int, scale: Scalar
  ) -> ReferenceTensor {
    let (heads, channels) = (table.shape[1], shape[1] / 3)
    let d = channels / heads
    let (height, width) = (shape[2], shape[3])
    func zone(_ position: Int, _ side: Int) -> Int {
      if shift == 0 || position < side - window { return 0 }
      return position < side - shift ? 1 : 2
    }
    var result = ReferenceTensor(zeros: [shape[0], channels, height, width])
    for n in 0..<shape[0] {
      for head in 0..<heads {
        for y in 0..<height {
          for x in 0..<width {
            // These and those of the keys are rows and columns of the rolled image.
            let (queryY, queryX) = ((y + shift) % height, (x + shift) % width)
            var keys: [(y: Int, x: Int)] = []
            var logits: [Scalar] = []
            for keyY in y / window * window..<(y / window + 1) * window {
              for keyX in x / window * window..<(x / window + 1) * window {
                let key = (y: (keyY + shift) % height, x: (keyX + shift) % width)
                var logit: Scalar = 0
                for c in head * d..<(head + 1) * d {
                  logit += self[n, c, queryY, queryX] * self[n, channels + c, key.y, key.x]
                }
                let entry = (y - keyY + window - 1) * (2 * window - 1) + x - keyX + window - 1
                logit = logit * scale + table[entry, head]
                if zone(y, height) != zone(keyY, height) || zone(x, width) != zone(keyX, width) {
                  logit -= 100
                }
                keys.append(key)
                logits.append(logit)
              }
            }
            let weights = softmax(logits)
            for c in head * d..<(head + 1) * d {
              for (key, weight) in zip(keys, weights) {
                result[n, c, queryY, queryX] += weight * self[n, 2 * channels + c, key.y, key.x]
              }
            }
          }
        }
      }
    }
    return result
  }
}

/// `exp(x) / sum of exp(x)`.
func softmax<Scalar: ReferenceScalar>(_ logits: [Scalar]) -> [Scalar] {
  let greatest = logits.reduce(-Scalar.infinity) { max($0, $1) }
  let exponentials = logits.map { Scalar.exp($0 - greatest) }
  let sum = exponentials.reduce(0, +)
  return exponentials.map { $0 / sum }
}
