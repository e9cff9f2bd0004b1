import VMIRImage

/// Gives the brightness that a network made the colours of the picture that went into it.
///
/// The picture is enlarged by cubic convolution, and each pixel is shifted along the grey axis until
/// it has the network's brightness: in YCbCr as JPEG has it, Y is the network's and Cb and Cr are
/// the picture's.
package struct LumaMerge {
  private let width: Int
  private let height: Int
  private let filter: BicubicEnlargement

  /// The merge for the enlargement of a picture of these sides.
  package init(width: Int, height: Int, scale: Int) {
    (self.width, self.height) = (width, height)
    filter = BicubicEnlargement(scale: scale)
  }

  /// One row of the result.
  ///
  /// - Parameters:
  ///   - y: Row of the result.
  ///   - brightness: What the network made, `[width * scale]`, clamped to [0, 1].
  ///   - color: Red, green and blue of the picture in a column of a row, where samples count from 0
  ///     to 1.
  /// - Returns: `[width * scale, 3]`, where samples count from 0 to 1; not clamped.
  package func row(
    _ y: Int, brightness: UnsafeBufferPointer<Float>,
    color: (_ x: Int, _ y: Int) -> (Float, Float, Float)
  ) -> [Float] {
    let columns = enlargedRows(y, color)
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
  private func enlargedRows(
    _ y: Int, _ color: (_ x: Int, _ y: Int) -> (Float, Float, Float)
  ) -> [Float] {
    let (first, weights) = filter.taps(y)
    var sums = [Float](repeating: 0, count: width * 3)
    for tap in 0..<4 {
      let row = min(max(first + tap, 0), height - 1)
      for x in 0..<width {
        let (red, green, blue) = color(x, row)
        sums[x * 3] += weights[tap] * red
        sums[x * 3 + 1] += weights[tap] * green
        sums[x * 3 + 2] += weights[tap] * blue
      }
    }
    return sums
  }
}
