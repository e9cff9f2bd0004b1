import VMIRCore

/// Resamples a picture row by row with `FloatRowResizer`: colours are weighted by alpha, a result is
/// clamped and rounded to nearest.
///
/// Samples are taken as they are stored, not made linear in light: so are those that networks are
/// trained on and the results of other programs, the transfer function of a picture with a profile
/// is not known here, and the overshoot of the filter at edges of dark areas is stronger in linear
/// light.
///
/// Source: as `Image.resize` of Pillow with `LANCZOS`, which rounds between the two directions.
package struct RowResizer {
  private let source: PictureForm
  /// Size and form of the result.
  package let form: PictureForm
  private var resizer: FloatRowResizer
  private var line: [Float]
  private var sums: [Float]
  private var result: [UInt16]

  /// A resampling of rows of `source` to a size.
  ///
  /// - Precondition: The sides are at least 1.
  package init(from source: PictureForm, width: Int, height: Int) {
    self.source = source
    form = PictureForm(
      width: width, height: height, kind: source.kind, bitDepth: source.bitDepth)
    let channels = source.kind.channelCount
    resizer = FloatRowResizer(
      from: (source.width, source.height), to: (width, height), channels: channels)
    line = Array(repeating: 0, count: source.width * channels)
    sums = Array(repeating: 0, count: width * channels)
    result = Array(repeating: 0, count: width * channels)
  }

  /// Bytes that a resampling takes; saturates at `Int.max`.
  package static func byteCount(from source: PictureForm, width: Int, height: Int) -> Int {
    let channels = source.kind.channelCount
    let rows = FloatRowResizer.byteCount(
      from: (source.width, source.height), to: (width, height), channels: channels)
    return [[source.width, channels, 4], [width, channels, 6]].reduce(rows) {
      checkedSum($0, checkedProduct($1) ?? .max) ?? .max
    }
  }

  /// Takes the next row of the source, and gives out the rows of the result that it completes.
  ///
  /// - Throws: What `body` throws.
  package mutating func add<E: Error>(
    _ row: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    if source.bitDepth == 8 {
      load(row.assumingMemoryBound(to: UInt8.self))
    } else {
      load(row.assumingMemoryBound(to: UInt16.self))
    }
    line.withUnsafeBufferPointer { resizer.add($0) }
    while sums.withUnsafeMutableBufferPointer({ resizer.next($0) }) {
      let byteCount = form.rowByteCount
      if source.bitDepth == 8 { makeRow(of: UInt8.self) } else { makeRow(of: UInt16.self) }
      try result.withUnsafeBufferPointer { (samples) throws(E) in
        try body(
          UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(samples)[..<byteCount]))
      }
    }
  }

  /// Makes numbers of a row's samples, colours multiplied with alpha.
  private mutating func load<Sample: FixedWidthInteger>(_ row: UnsafeBufferPointer<Sample>) {
    line.withUnsafeMutableBufferPointer { line in
      for index in 0..<line.count { line[index] = Float(row[index]) }
      guard source.kind.hasAlpha else { return }
      multiplyByAlpha(
        line, channels: source.kind.channelCount, largest: Float(Sample.max))
    }
  }

  private mutating func makeRow<Sample: FixedWidthInteger & BitwiseCopyable>(of: Sample.Type) {
    let hasAlpha = source.kind.hasAlpha
    let channels = source.kind.channelCount
    sums.withUnsafeMutableBufferPointer { sums in
      if hasAlpha { divideByAlpha(sums, channels: channels, largest: Float(Sample.max)) }
      result.withUnsafeMutableBytes { bytes in
        let samples = bytes.assumingMemoryBound(to: Sample.self)
        for index in 0..<sums.count {
          let value = min(max(sums[index], 0), Float(Sample.max))
          samples[index] = Sample(value.rounded(.toNearestOrEven))
        }
      }
    }
  }
}
