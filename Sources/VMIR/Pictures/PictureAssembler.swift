import VMIRCore
import VMIRImage

/// Builds the picture that a network makes of another, a row at a time.
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
package struct PictureAssembler {
  private let source: Picture
  private let scale: Int
  private let channels: Int
  private let width: Int
  private let height: Int
  private let correction: AlphaCorrection?
  private let merge: LumaMerge?
  private var eightBit: [UInt8] = []
  private var sixteenBit: [UInt16] = []
  private var rowCount = 0
  private var nonFinite: (x: Int, y: Int, channel: Int)?

  /// A picture `scale` times as large as `source`, whose rows have `channels` channels: 3, or 1 for
  /// brightness.
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
    (self.source, self.scale, self.channels) = (source, scale, channels)
    (self.width, self.height) = (width, height)
    correction = AlphaCorrection(source, scale: scale)
    merge = channels == 1 ? LumaMerge(source, scale: scale) : nil
    let count = width * height * source.kind.channelCount
    switch source.samples {
    case .eightBit: eightBit = Array(repeating: 0, count: count)
    case .sixteenBit: sixteenBit = Array(repeating: 0, count: count)
    }
  }

  /// Adds the next row from the top, `[width, channels]`; rows beyond the last are ignored.
  ///
  /// - Precondition: The row has exactly this count.
  package mutating func add(_ row: UnsafeBufferPointer<Float>) {
    precondition(row.count == width * channels)
    guard rowCount < height else { return }
    if nonFinite == nil, let index = row.firstIndex(where: { !$0.isFinite }) {
      nonFinite = (index / channels, rowCount, index % channels)
    }
    if nonFinite == nil {
      let start = rowCount * width * source.kind.channelCount
      switch source.samples {
      case .eightBit(let old):
        let (colors, added) = derived(row, old)
        PictureAssembler.fill(&eightBit, start, row, colors, channels, source.kind, added)
      case .sixteenBit(let old):
        let (colors, added) = derived(row, old)
        PictureAssembler.fill(&sixteenBit, start, row, colors, channels, source.kind, added)
      }
    }
    rowCount += 1
  }

  /// The picture, when all rows are there.
  ///
  /// - Throws: `notFinite` where a value was infinite or not a number, `shapeMismatch` where rows
  ///   are missing.
  package consuming func finish() throws(PictureError) -> Picture {
    if let (x, y, channel) = nonFinite { throw .notFinite(x: x, y: y, channel: channel) }
    let expected = [height, width, channels]
    guard rowCount == height else {
      throw .shapeMismatch(expected: expected, found: [rowCount, width, channels])
    }
    let samples: PictureSamples
    switch source.samples {
    case .eightBit(let old):
      PictureAssembler.fillAlpha(&eightBit, old, source, scale)
      samples = .eightBit(eightBit)
    case .sixteenBit(let old):
      PictureAssembler.fillAlpha(&sixteenBit, old, source, scale)
      samples = .sixteenBit(sixteenBit)
    }
    guard
      let picture = Picture(
        width: width, height: height, kind: source.kind, samples: samples,
        chunks: source.keptChunks.map { $0.enlarged(by: scale) }, notes: source.notes)
    else { throw .shapeMismatch(expected: expected, found: source.shape) }
    return picture
  }

  /// What the next row takes of the source: its colours, where the row is brightness, and what is
  /// added to correct them for alpha.
  private func derived<Sample: FixedWidthInteger>(
    _ row: UnsafeBufferPointer<Float>, _ old: [Sample]
  ) -> (colors: [Float]?, added: [Float]?) {
    (merge?.row(rowCount, brightness: row, old), correction?.row(rowCount, old))
  }

  // Static: a method would hold `self`, with the samples, which would then be copied for each row.
  private static func fill<Sample: FixedWidthInteger>(
    _ samples: inout [Sample], _ start: Int, _ row: UnsafeBufferPointer<Float>,
    _ colors: [Float]?, _ channels: Int, _ kind: ColorKind, _ added: [Float]?
  ) {
    guard let colors else { return fill(&samples, start, row, channels, kind, added) }
    colors.withUnsafeBufferPointer { fill(&samples, start, $0, 3, kind, added) }
  }

  private static func fill<Sample: FixedWidthInteger>(
    _ samples: inout [Sample], _ start: Int, _ row: UnsafeBufferPointer<Float>, _ channels: Int,
    _ kind: ColorKind, _ added: [Float]?
  ) {
    let step = kind.channelCount
    let colorCount = kind.colorCount
    func sample(_ value: Float, _ x: Int, _ channel: Int) -> Sample {
      guard let added else { return quantized(value) }
      return quantized(clamped(value) + added[x * colorCount + channel])
    }
    samples.withUnsafeMutableBufferPointer { samples in
      for x in 0..<row.count / channels {
        let to = start + x * step
        if channels == 3 && colorCount == 1 {
          let (r, g, b) = (
            clamped(row[x * 3]), clamped(row[x * 3 + 1]), clamped(row[x * 3 + 2])
          )
          samples[to] = sample(luma(r, g, b), x, 0)
        } else {
          for channel in 0..<colorCount {
            samples[to + channel] = sample(row[x * channels + channel], x, channel)
          }
        }
      }
    }
  }

  private static func fillAlpha<Sample: FixedWidthInteger>(
    _ samples: inout [Sample], _ old: [Sample], _ source: Picture, _ scale: Int
  ) {
    guard source.kind.hasAlpha else { return }
    let step = source.kind.channelCount
    let alpha = stride(from: step - 1, to: old.count, by: step).map { old[$0] }
    let enlarged = BicubicEnlargement(scale: scale)
      .plane(alpha, width: source.width, height: source.height)
    for pixel in 0..<enlarged.count { samples[pixel * step + step - 1] = enlarged[pixel] }
  }
}

private func clamped(_ value: Float) -> Float { min(1, max(0, value)) }
