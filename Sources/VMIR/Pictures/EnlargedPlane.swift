import VMIRImage

/// The last channel of a picture, enlarged by cubic convolution, a row at a time.
struct EnlargedPlane {
  private let width: Int
  private let height: Int
  private let channels: Int
  private let filter: BicubicEnlargement
  private var rowCount = 0
  /// The rows of the picture that the last row was made of, enlarged along the row.
  private var wideRows: [(y: Int, values: [Float])] = []

  /// The enlarged alpha of a picture; nil where it has none.
  init?(alphaOf picture: Picture, scale: Int) {
    guard picture.kind.hasAlpha else { return nil }
    (width, height) = (picture.width, picture.height)
    channels = picture.kind.channelCount
    filter = BicubicEnlargement(scale: scale)
  }

  /// Makes the next row from the top, of which there are `height * scale`.
  ///
  /// - Parameters:
  ///   - samples: Of the picture, `[height, width, channels]`.
  ///   - put: Takes the column and the value of each pixel.
  mutating func next<Sample: FixedWidthInteger>(
    _ samples: [Sample], _ put: (Int, Sample) -> Void
  ) {
    let y = rowCount
    rowCount += 1
    guard filter.scale > 1 else {
      for x in 0..<width { put(x, samples[(y * width + x + 1) * channels - 1]) }
      return
    }
    let (first, weights) = filter.taps(y)
    wideRows = (first..<first + 4).map { tap in
      let row = min(max(tap, 0), height - 1)
      return (row, wideRows.first { $0.y == row }?.values ?? wideRow(row, samples))
    }
    for x in 0..<width * filter.scale {
      var sum: Float = 0
      for tap in 0..<4 { sum += weights[tap] * wideRows[tap].values[x] }
      let rounded = sum.rounded(.toNearestOrEven)
      put(x, Sample(min(max(rounded, 0), Float(Sample.max))))
    }
  }

  private func wideRow<Sample: FixedWidthInteger>(_ y: Int, _ samples: [Sample]) -> [Float] {
    (0..<width * filter.scale).map { x in
      let (first, weights) = filter.taps(x)
      var sum: Float = 0
      for tap in 0..<4 {
        let column = min(max(first + tap, 0), width - 1)
        sum += weights[tap] * Float(samples[(y * width + column + 1) * channels - 1])
      }
      return sum
    }
  }
}
