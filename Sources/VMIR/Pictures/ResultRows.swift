import VMIRCore
package import VMIRImage

/// Makes the rows of the picture that a network makes of another, one after the other.
///
/// - Each value is clamped to [0, 1], multiplied by 255 (65535 for 16 bits) in `float32` and
///   rounded to nearest, ties to even.
/// - A grey source gives a grey picture: of three channels, after the clamp, the BT.601 luma
///   0.299 R + 0.587 G + 0.114 B, which leaves equal channels exactly as they are.
/// - One channel for a source with colours is its brightness: the colours are those of the source,
///   enlarged (`LumaMerge`).
/// - Alpha is copied for scale 1, else enlarged by cubic convolution (`BicubicEnlargement`);
///   constant alpha stays exactly what it was. Where alpha changes, colours are corrected to what
///   they would be had the network weighted them by it (`AlphaCorrection`).
/// - Chunks are kept, but for the record of how the source was made; the density in `pHYs` is
///   multiplied by `scale`, so that the physical size stays. Pixel dimensions inside `eXIf` are not
///   edited.
package struct ResultRows {
  /// Size and form of the picture that the rows make.
  package let form: PictureForm
  /// Its chunks.
  package let chunks: [PNGChunk]
  let source: Picture
  private let channels: Int
  private let correction: AlphaCorrection?
  private let merge: LumaMerge?
  private var alpha: EnlargedPlane?
  /// Rows that were made.
  private(set) var rowCount = 0
  private var nonFinite: (x: Int, y: Int, channel: Int)?

  /// Rows of a picture `scale` times as large as `source`, made of rows that have `channels`
  /// channels: 3, or 1 for brightness.
  ///
  /// - Throws: `tooManyPixels` beyond `limits`, `channelsNotAvailable`.
  package init(
    like source: Picture, scale: Int, channels: Int, limits: ImageLimits = ImageLimits()
  ) throws(PictureError) {
    guard scale > 0, let width = checkedProduct([source.width, scale]),
      let height = checkedProduct([source.height, scale]), width <= limits.pixelCount / height
    else {
      throw .tooManyPixels(width: source.width, height: source.height, limit: limits.pixelCount)
    }
    guard channels == 3 || channels == 1 else {
      throw .channelsNotAvailable(wanted: channels, kind: source.kind)
    }
    form = PictureForm(
      width: width, height: height, kind: source.kind, bitDepth: source.samples.bitDepth)
    chunks = source.keptChunks.map { $0.enlarged(by: scale) }
    (self.source, self.channels) = (source, channels)
    correction = AlphaCorrection(source, scale: scale)
    merge =
      channels == 1 && source.kind.colorCount == 3
      ? LumaMerge(width: source.width, height: source.height, scale: scale) : nil
    alpha = EnlargedPlane(alphaOf: source, scale: scale)
  }

  /// Makes the next row from the top; rows beyond the last are ignored, and so are all after one
  /// with a value that is no finite number.
  ///
  /// - Parameters:
  ///   - row: What the network made, `[width, channels]`.
  ///   - target: Takes the row's samples, `form.rowByteCount` bytes at an address that suits them.
  /// - Precondition: Both have exactly these counts.
  package mutating func next(
    _ row: UnsafeBufferPointer<Float>, to target: UnsafeMutableRawBufferPointer
  ) {
    precondition(row.count == form.width * channels && target.count == form.rowByteCount)
    guard rowCount < form.height else { return }
    if nonFinite == nil, let index = row.firstIndex(where: { !$0.isFinite }) {
      nonFinite = (index / channels, rowCount, index % channels)
    }
    if nonFinite == nil {
      switch source.samples {
      case .eightBit(let old): fill(target.assumingMemoryBound(to: UInt8.self), row, old)
      case .sixteenBit(let old): fill(target.assumingMemoryBound(to: UInt16.self), row, old)
      }
    }
    rowCount += 1
  }

  /// Checks that all rows were made.
  ///
  /// - Throws: `notFinite` where a value was infinite or not a number, `shapeMismatch` where rows
  ///   are missing.
  package func finish() throws(PictureError) {
    if let (x, y, channel) = nonFinite { throw .notFinite(x: x, y: y, channel: channel) }
    guard rowCount == form.height else {
      throw .shapeMismatch(
        expected: [form.height, form.width, channels], found: [rowCount, form.width, channels])
    }
  }

  private mutating func fill<Sample: FixedWidthInteger>(
    _ target: UnsafeMutableBufferPointer<Sample>, _ row: UnsafeBufferPointer<Float>, _ old: [Sample]
  ) {
    let added = correction?.row(rowCount, old)
    if let merge {
      let largest = Float(Sample.max)
      let (width, step) = (source.width, source.kind.channelCount)
      let colors = merge.row(rowCount, brightness: row) { x, y in
        let pixel = (y * width + x) * step
        return (
          Float(old[pixel]) / largest, Float(old[pixel + 1]) / largest,
          Float(old[pixel + 2]) / largest
        )
      }
      colors.withUnsafeBufferPointer { fill(target, $0, channels: 3, added) }
    } else {
      fill(target, row, channels: channels, added)
    }
    let step = form.kind.channelCount
    alpha?.next(old) { x, value in target[x * step + step - 1] = value }
  }

  private func fill<Sample: FixedWidthInteger>(
    _ target: UnsafeMutableBufferPointer<Sample>, _ row: UnsafeBufferPointer<Float>, channels: Int,
    _ added: [Float]?
  ) {
    let (step, colorCount) = (form.kind.channelCount, form.kind.colorCount)
    func sample(_ value: Float, _ x: Int, _ channel: Int) -> Sample {
      guard let added else { return quantized(value) }
      return quantized(clamped(value) + added[x * colorCount + channel])
    }
    for x in 0..<form.width {
      if channels == 3 && colorCount == 1 {
        let (r, g, b) = (clamped(row[x * 3]), clamped(row[x * 3 + 1]), clamped(row[x * 3 + 2]))
        target[x * step] = sample(luma(r, g, b), x, 0)
      } else {
        for channel in 0..<colorCount {
          target[x * step + channel] = sample(row[x * channels + channel], x, channel)
        }
      }
    }
  }
}

private func clamped(_ value: Float) -> Float { min(1, max(0, value)) }
