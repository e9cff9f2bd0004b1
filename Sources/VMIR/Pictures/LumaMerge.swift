import VMIRImage

/// Gives the brightness that a network made the colours of the picture that went into it.
///
/// The picture is enlarged by cubic convolution, and each pixel is shifted along the grey axis until
/// it has the network's brightness: in YCbCr as JPEG has it, Y is the network's and Cb and Cr are
/// the picture's.
struct LumaMerge {
  private let width: Int
  private let height: Int
  private let kind: ColorKind
  private let filter: BicubicEnlargement

  /// The merge for a picture's enlargement.
  ///
  /// - Returns: nil for a picture without colours.
  init?(_ picture: Picture, scale: Int) {
    guard picture.kind.colorCount == 3 else { return nil }
    (width, height, kind) = (picture.width, picture.height, picture.kind)
    filter = BicubicEnlargement(scale: scale)
  }

  /// One row of the result.
  ///
  /// - Parameters:
  ///   - y: Row of the result.
  ///   - brightness: What the network made, `[width * scale]`, clamped to [0, 1].
  ///   - samples: Of the picture, interleaved.
  /// - Returns: `[width * scale, 3]`, where samples count from 0 to 1; not clamped.
  func row<Sample: FixedWidthInteger>(
    _ y: Int, brightness: UnsafeBufferPointer<Float>, _ samples: [Sample]
  ) -> [Float] {
    let columns = enlargedRows(y, samples)
    var result = [Float](repeating: 0, count: width * filter.scale * 3)
    for x in 0..<width * filter.scale {
      let (first, weights) = filter.taps(x)
      var color: (Float, Float, Float) = (0, 0, 0)
      for tap in 0..<4 {
        let column = min(max(first + tap, 0), width - 1) * 3
        color.0 += weights[tap] * columns[column]
        color.1 += weights[tap] * columns[column + 1]
        color.2 += weights[tap] * columns[column + 2]
      }
      let shift = min(1, max(0, brightness[x])) - luma(color.0, color.1, color.2)
      result[x * 3] = color.0 + shift
      result[x * 3 + 1] = color.1 + shift
      result[x * 3 + 2] = color.2 + shift
    }
    return result
  }

  /// The colours of a row of the result before it is enlarged along the row, `[width, 3]`.
  private func enlargedRows<Sample: FixedWidthInteger>(_ y: Int, _ samples: [Sample]) -> [Float] {
    let (first, weights) = filter.taps(y)
    let largest = Float(Sample.max)
    var sums = [Float](repeating: 0, count: width * 3)
    for tap in 0..<4 {
      let start = min(max(first + tap, 0), height - 1) * width
      for x in 0..<width {
        let pixel = (start + x) * kind.channelCount
        for channel in 0..<3 {
          sums[x * 3 + channel] += weights[tap] * (Float(samples[pixel + channel]) / largest)
        }
      }
    }
    return sums
  }
}
