import VMIRGraph

extension Conv2D: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].conv2d(weight: operands[1], bias: operands.optional(2), groups: groups)]
  }
}

extension ReferenceTensor {
  /// 2-D cross-correlation, stride 1, zero padding `dilation * (k / 2)`; self `[N, C, H, W]`.
  ///
  /// Source: `torch.nn.Conv2d`.
  /// - Parameters:
  ///   - weight: `[O, C / groups, k, k]`, k odd.
  ///   - bias: `[O]`.
  ///   - groups: Divides C and O.
  ///   - dilation: Pixels from one tap to the next.
  /// - Returns: `[N, O, H, W]`.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  package func conv2d(
    weight: ReferenceTensor, bias: ReferenceTensor? = nil, groups: Int = 1, dilation: Int = 1
  ) -> ReferenceTensor {
    let (height, width) = (shape[2], shape[3])
    let (outputs, groupChannels, kernel) = (weight.shape[0], weight.shape[1], weight.shape[2])
    let padding = kernel / 2
    var result = ReferenceTensor(zeros: [shape[0], outputs, height, width])
    for n in 0..<shape[0] {
      for o in 0..<outputs {
        let firstChannel = o / (outputs / groups) * groupChannels
        for h in 0..<height {
          for w in 0..<width {
            var sum = bias?.elements[o] ?? 0
            for c in 0..<groupChannels {
              for dy in 0..<kernel {
                let y = h + (dy - padding) * dilation
                guard y >= 0, y < height else { continue }
                for dx in 0..<kernel {
                  let x = w + (dx - padding) * dilation
                  guard x >= 0, x < width else { continue }
                  sum += weight[o, c, dy, dx] * self[n, firstChannel + c, y, x]
                }
              }
            }
            result[n, o, h, w] = sum
          }
        }
      }
    }
    return result
  }

  /// Product of matrices, self `[M, K]`, with a weight in PyTorch's orientation.
  ///
  /// Source: `torch.nn.functional.linear`.
  /// - Parameters:
  ///   - weight: `[N, K]`.
  ///   - bias: `[N]`.
  /// - Returns: `[M, N]`.
  package func linear(weight: ReferenceTensor, bias: ReferenceTensor? = nil) -> ReferenceTensor {
    var result = ReferenceTensor(zeros: [shape[0], weight.shape[0]])
    for m in 0..<shape[0] {
      for n in 0..<weight.shape[0] {
        var sum = bias?.elements[n] ?? 0
        for k in 0..<shape[1] { sum += self[m, k] * weight[n, k] }
        result[m, n] = sum
      }
    }
    return result
  }
}
