import VMIRImage

/// Accumulates weighted tiles into rows of the result.
struct TileBlender {
  private let width: Int
  private let height: Int
  private let channels: Int
  /// First row of the result that is in `sums`.
  private var firstRow = 0
  private var sums: [Float]

  /// A strip of `rowCount` rows of a result `[height, width, channels]`.
  init(width: Int, height: Int, channels: Int, rowCount: Int) {
    (self.width, self.height, self.channels) = (width, height, channels)
    sums = Array(repeating: 0, count: width * channels * rowCount)
  }

  /// Bytes that a strip takes.
  static func byteCount(width: Int, channels: Int, rowCount: Int) -> Int {
    width * channels * rowCount * MemoryLayout<Float>.size
  }

  /// Adds weighted pixels; those beyond the result's edges don't count.
  ///
  /// - Parameters:
  ///   - line: Where the pixels are in the result.
  ///   - values: `[line.count, channels]`.
  ///   - origin: The tile's first pixel in the result.
  ///   - weights: Of the tile's columns and rows.
  ///   - factor: Of all of them.
  mutating func add(
    _ line: PixelLine, _ values: UnsafeBufferPointer<Float>, origin: (x: Int, y: Int),
    weights: (columns: [Float], rows: [Float]), factor: Float
  ) {
    sums.withUnsafeMutableBufferPointer { sums in
      for position in 0..<line.count {
        let x = line.x + position * line.stepX
        let y = line.y + position * line.stepY
        guard x < width, y < height else { continue }
        let weight = weights.columns[x - origin.x] * weights.rows[y - origin.y] * factor
        guard weight != 0 else { continue }
        let target = ((y - firstRow) * width + x) * channels
        for channel in 0..<channels {
          let value = weight * values[position * channels + channel]
          let sum = sums[target + channel]
          // A sum that is still 0 keeps the sign of a zero that comes.
          sums[target + channel] = sum == 0 ? value : sum + value
        }
      }
    }
  }

  /// Gives out the rows up to `end`, which nothing more is added to, and forgets them.
  mutating func emit(upTo end: Int, _ body: (UnsafeBufferPointer<Float>) -> Void) {
    let rowSize = width * channels
    sums.withUnsafeMutableBufferPointer { sums in
      for row in 0..<max(min(end, height) - firstRow, 0) {
        body(UnsafeBufferPointer(rebasing: sums[row * rowSize..<(row + 1) * rowSize]))
      }
      let gone = min((end - firstRow) * rowSize, sums.count)
      for index in gone..<sums.count { sums[index - gone] = sums[index] }
      for index in sums.count - gone..<sums.count { sums[index] = 0 }
    }
    firstRow = end
  }
}
