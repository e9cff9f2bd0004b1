extension ReferenceTensor {
  /// Parts of self `[N, C, H, W]` along the channels.
  ///
  /// Source: `torch.split`, dim 1.
  ///
  /// - Parameter counts: Channels of each part; their sum is C.
  /// - Returns: `[N, counts[i], H, W]` each.
  public func splitChannels(_ counts: [Int]) -> [ReferenceTensor] {
    var first = 0
    return counts.map { count in
      var part = ReferenceTensor(zeros: [shape[0], count, shape[2], shape[3]])
      for n in 0..<shape[0] {
        for c in 0..<count {
          for h in 0..<shape[2] {
            for w in 0..<shape[3] { part[n, c, h, w] = self[n, first + c, h, w] }
          }
        }
      }
      first += count
      return part
    }
  }

  /// Images `[N, C_i, H, W]` one after another along the channels.
  ///
  /// Source: `torch.cat`, dim 1.
  ///
  /// - Parameter parts: At least one, equal but for their channels.
  /// - Returns: `[N, sum of C_i, H, W]`.
  public static func concatChannels(_ parts: [ReferenceTensor]) -> ReferenceTensor {
    var shape = parts[0].shape
    shape[1] = parts.reduce(0) { $0 + $1.shape[1] }
    var result = ReferenceTensor(zeros: shape)
    var first = 0
    for part in parts {
      for n in 0..<shape[0] {
        for c in 0..<part.shape[1] {
          for h in 0..<shape[2] {
            for w in 0..<shape[3] { result[n, first + c, h, w] = part[n, c, h, w] }
          }
        }
      }
      first += part.shape[1]
    }
    return result
  }

  /// Mean of each channel over the image, `[N, C, 1, 1]`.
  ///
  /// Source: `torch.nn.AdaptiveAvgPool2d(1)`.
  public func globalAveragePool() -> ReferenceTensor {
    let pixelCount = shape[2] * shape[3]
    var result = ReferenceTensor(zeros: [shape[0], shape[1], 1, 1])
    for row in result.elements.indices {
      let pixels = elements[row * pixelCount..<(row + 1) * pixelCount]
      result.elements[row] = pixels.reduce(0, +) / Scalar(pixelCount)
    }
    return result
  }
}
