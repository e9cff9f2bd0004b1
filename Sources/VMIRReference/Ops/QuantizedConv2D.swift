package import VMIRGraph

extension QuantizedConv2D: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [
      operands[0].quantizedConv2d(
        self, weight: operands[1], weightScale: operands[2],
        smoothing: smoothingPosition.map { operands[$0] }, bias: operands.optional(biasPosition))
    ]
  }
}

extension ReferenceTensor {
  /// 2-D cross-correlation in 8-bit integers, stride 1, zero padding `k / 2`; self `[N, C, H, W]`.
  ///
  /// In `Float` every rounding is that of `Formats/vmir.md`, section 6.1; in `Double` the same
  /// steps are taken with finer roundings, and an element may fall on the next integer.
  ///
  /// - Parameters:
  ///   - op: Kernel side and scaling.
  ///   - weight: `[O, C, k, k]`, integers from -127 to 127.
  ///   - weightScale: `[O]`.
  ///   - smoothing: `[C]`.
  ///   - bias: `[O]`.
  /// - Returns: `[N, O, H, W]`.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  package func quantizedConv2d(
    _ op: QuantizedConv2D, weight: ReferenceTensor, weightScale: ReferenceTensor,
    smoothing: ReferenceTensor? = nil, bias: ReferenceTensor? = nil
  ) -> ReferenceTensor {
    let (channels, height, width) = (shape[1], shape[2], shape[3])
    let (outputs, kernel) = (weight.shape[0], op.kernelSize)
    let weights = weight.elements.map { Int32($0) }
    var result = ReferenceTensor(zeros: [shape[0], outputs, height, width])
    for n in 0..<shape[0] {
      let pixels = (0..<height * width).map { pixel in
        QuantizedPixel(
          (0..<channels).map { channel in
            let value = self[n, channel, pixel / width, pixel % width]
            return smoothing.map { value * $0.elements[channel] } ?? value
          }, op.activation)
      }
      for o in 0..<outputs {
        for pixel in 0..<height * width {
          let (h, w) = (pixel / width, pixel % width)
          var sum: Scalar = 0
          for tap in 0..<kernel * kernel {
            let (y, x) = (h + tap / kernel - kernel / 2, w + tap % kernel - kernel / 2)
            let isInside = (0..<height).contains(y) && (0..<width).contains(x)
            var products: Int32 = 0
            if isInside {
              let int8Values = pixels[y * width + x].int8Values
              for c in 0..<channels {
                products += int8Values[c] * weights[(o * channels + c) * kernel * kernel + tap]
              }
            }
            sum.addProduct(Scalar(products), isInside ? pixels[y * width + x].scale : 0)
          }
          result[n, o, h, w] =
            (bias?.elements[o] ?? 0).addingProduct(sum, weightScale.elements[o])
        }
      }
    }
    return result
  }
}

/// The channels of one pixel as integers and what they count.
private struct QuantizedPixel<Scalar: ReferenceScalar> {
  /// From -127 to 127, one for each channel.
  let int8Values: [Int32]
  /// Scale; NaN where a channel is not finite.
  let scale: Scalar

  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  init(_ values: [Scalar], _ activation: QuantizedConv2D.Activation) {
    let zeros = values.map { _ in Int32(0) }
    guard values.allSatisfy({ $0.isFinite }) else {
      (int8Values, scale) = (zeros, .nan)
      return
    }
    let inverse: Scalar
    switch activation {
    case .dynamic:
      let largest = values.reduce(0) { max($0, abs($1)) }
      guard largest >= 0x1p-96 else {
        (int8Values, scale) = (zeros, 0)
        return
      }
      (scale, inverse) = (largest / 127, 127 / largest)
    case .fixed(let fixed): (scale, inverse) = (Scalar(fixed), 1 / Scalar(fixed))
    }
    int8Values = values.map { value in
      Int32(min(max((value * inverse).rounded(.toNearestOrEven), -127), 127))
    }
  }
}
