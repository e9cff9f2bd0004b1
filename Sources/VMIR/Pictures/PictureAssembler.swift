package import VMIRImage

/// Builds the picture that a network makes of another, a row at a time, as `ResultRows` makes them.
package struct PictureAssembler {
  private var rows: ResultRows
  private var eightBit: [UInt8] = []
  private var sixteenBit: [UInt16] = []

  /// A picture `scale` times as large as `source`, whose rows have `channels` channels: 3, or 1 for
  /// brightness.
  ///
  /// - Throws: `tooManyPixels` beyond `limits`, `channelsNotAvailable`.
  package init(
    like source: Picture, scale: Int, channels: Int, limits: ImageLimits = ImageLimits()
  ) throws(PictureError) {
    self.init(try ResultRows(like: source, scale: scale, channels: channels, limits: limits))
  }

  /// A picture of these rows, none of which was made yet.
  init(_ rows: ResultRows) {
    self.rows = rows
    let count = rows.form.width * rows.form.height * rows.form.kind.channelCount
    if rows.form.bitDepth == 8 {
      eightBit = Array(repeating: 0, count: count)
    } else {
      sixteenBit = Array(repeating: 0, count: count)
    }
  }

  /// Adds the next row from the top, `[width, channels]`; rows beyond the last are ignored.
  ///
  /// - Precondition: The row has exactly this count.
  package mutating func add(_ row: UnsafeBufferPointer<Float>) {
    guard rows.rowCount < rows.form.height else { return }
    if rows.form.bitDepth == 8 {
      PictureAssembler.fill(&eightBit, &rows, row)
    } else {
      PictureAssembler.fill(&sixteenBit, &rows, row)
    }
  }

  /// The picture, when all rows are there.
  ///
  /// - Throws: `notFinite` where a value was infinite or not a number, `shapeMismatch` where rows
  ///   are missing.
  package consuming func finish() throws(PictureError) -> Picture {
    try rows.finish()
    let form = rows.form
    guard
      let picture = Picture(
        width: form.width, height: form.height, kind: form.kind,
        samples: form.bitDepth == 8 ? .eightBit(eightBit) : .sixteenBit(sixteenBit),
        chunks: rows.chunks, notes: rows.source.notes)
    else { throw .shapeMismatch(expected: [form.height, form.width], found: rows.source.shape) }
    return picture
  }

  // Static: a method would hold `self`, with the samples, which would then be copied for each row.
  private static func fill<Sample>(
    _ samples: inout [Sample], _ rows: inout ResultRows, _ row: UnsafeBufferPointer<Float>
  ) {
    let (y, count) = (rows.rowCount, rows.form.rowByteCount)
    samples.withUnsafeMutableBytes { bytes in
      rows.next(
        row, to: UnsafeMutableRawBufferPointer(rebasing: bytes[y * count..<(y + 1) * count]))
    }
  }
}
