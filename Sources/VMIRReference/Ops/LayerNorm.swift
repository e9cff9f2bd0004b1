import VMIRGraph

extension LayerNorm: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [
      operands[0].layerNorm(
        weight: operands[1], bias: operands.optional(2), centred: isCentred,
        epsilon: Scalar(epsilon))
    ]
  }
}

extension ReferenceTensor {
  /// LayerNorm over the channels of each pixel, self `[N, C, H, W]`; biased variance about the mean.
  ///
  /// Source: `WithBias_LayerNorm` and `BiasFree_LayerNorm` of VmambaIR (after Restormer).
  /// - Parameters:
  ///   - weight: `[C]`.
  ///   - bias: `[C]`.
  ///   - centred: Whether the mean is subtracted in the numerator; BiasFree does not.
  ///   - epsilon: Added to the variance.
  /// - Returns: `[N, C, H, W]`.
  package func layerNorm(
    weight: ReferenceTensor, bias: ReferenceTensor? = nil, centred: Bool = true,
    epsilon: Scalar = 1e-5
  ) -> ReferenceTensor {
    let channels = shape[1]
    var result = self
    for n in 0..<shape[0] {
      for h in 0..<shape[2] {
        for w in 0..<shape[3] {
          let values = (0..<channels).map { self[n, $0, h, w] }
          let mean = values.reduce(0, +) / Scalar(channels)
          let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Scalar(channels)
          let deviation = (variance + epsilon).squareRoot()
          for c in 0..<channels {
            let value = (values[c] - (centred ? mean : 0)) / deviation
            result[n, c, h, w] = value * weight.elements[c] + (bias?.elements[c] ?? 0)
          }
        }
      }
    }
    return result
  }
}
