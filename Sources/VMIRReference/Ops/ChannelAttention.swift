import VMIRGraph

extension ChannelAttention: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].channelAttention(temperature: operands[1], epsilon: Scalar(epsilon))]
  }
}

extension ReferenceTensor {
  /// Attention between channels, self `[N, 3 C, H, W]`: q, k and v.
  ///
  /// Source: `Attention` of Restormer.
  /// - Parameters:
  ///   - temperature: `[heads]`.
  ///   - epsilon: Least norm that is divided by.
  /// - Returns: `[N, C, H, W]`.
  package func channelAttention(
    temperature: ReferenceTensor, epsilon: Scalar = 1e-12
  ) -> ReferenceTensor {
    let (channels, plane) = (shape[1] / 3, shape[2] * shape[3])
    let heads = temperature.elements.count
    let width = channels / heads
    var result = ReferenceTensor(zeros: [shape[0], channels, shape[2], shape[3]])
    for n in 0..<shape[0] {
      // Pixels of channel `c` of q (part 0), k or v.
      func pixels(_ part: Int, _ c: Int) -> ArraySlice<Scalar> {
        let first = ((n * 3 + part) * channels + c) * plane
        return elements[first..<first + plane]
      }
      func normalized(_ part: Int, _ c: Int) -> [Scalar] {
        let values = pixels(part, c)
        let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return values.map { $0 / max(norm, epsilon) }
      }
      let keys = (0..<channels).map { normalized(1, $0) }
      for c in 0..<channels {
        let head = c / width
        let query = normalized(0, c)
        let logits = (head * width..<(head + 1) * width).map { other in
          temperature.elements[head] * zip(query, keys[other]).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let greatest = logits.reduce(logits[0]) { max($0, $1) }
        let powers = logits.map { Scalar.exp($0 - greatest) }
        let sum = powers.reduce(0, +)
        for (index, power) in powers.enumerated() {
          for (pixel, value) in pixels(2, head * width + index).enumerated() {
            result.elements[(n * channels + c) * plane + pixel] += power / sum * value
          }
        }
      }
    }
    return result
  }
}
