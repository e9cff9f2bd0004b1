import VMIRCore

/// Resamples a picture row by row with Lanczos' filter of three lobes, antialiased.
///
/// The filter is separable: each row is resampled along itself when it comes, and each row of the
/// result is a weighted sum of those that are held, six for an enlargement, about `6 * n` for a
/// reduction by `n`. Beyond an edge the weights are cut off and made to sum to 1. Colours are
/// weighted by alpha. Sums are in `float32`; a result is clamped and rounded to nearest.
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
  private let columns: LanczosTaps
  private let rows: LanczosTaps
  /// Rows of the source, resampled along themselves; row `y` in the place `y % capacity`.
  private var held: [Float]
  private let capacity: Int
  private var line: [Float]
  private var result: [UInt16]
  private var sourceRowCount = 0
  private var rowCount = 0

  /// A resampling of rows of `source` to a size.
  ///
  /// - Precondition: The sides are at least 1.
  package init(from source: PictureForm, width: Int, height: Int) {
    self.source = source
    form = PictureForm(
      width: width, height: height, kind: source.kind, bitDepth: source.bitDepth)
    columns = LanczosTaps(from: source.width, to: width)
    rows = LanczosTaps(from: source.height, to: height)
    capacity = min(rows.count + 1, source.height)
    let channels = source.kind.channelCount
    held = Array(repeating: 0, count: capacity * width * channels)
    line = Array(repeating: 0, count: source.width * channels)
    result = Array(repeating: 0, count: width * channels)
  }

  /// Bytes that a resampling takes; saturates at `Int.max`.
  package static func byteCount(from source: PictureForm, width: Int, height: Int) -> Int {
    let rows = LanczosTaps.count(from: source.height, to: height)
    let columns = LanczosTaps.count(from: source.width, to: width)
    let parts = [
      [min(rows + 1, source.height), width, source.kind.channelCount, 4],
      [columns, width, 4], [rows, height, 4], [source.width, source.kind.channelCount, 4],
      [width, source.kind.channelCount, 2],
    ]
    return parts.reduce(0) { checkedSum($0, checkedProduct($1) ?? .max) ?? .max }
  }

  /// Takes the next row of the source, and gives out the rows of the result that it completes.
  ///
  /// - Throws: What `body` throws.
  package mutating func add<E: Error>(
    _ row: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    guard sourceRowCount < source.height else { return }
    if source.bitDepth == 8 {
      load(row.assumingMemoryBound(to: UInt8.self))
    } else {
      load(row.assumingMemoryBound(to: UInt16.self))
    }
    resampleLine(to: sourceRowCount % capacity)
    sourceRowCount += 1
    while rowCount < form.height, rows.end(rowCount) <= sourceRowCount {
      let byteCount = form.rowByteCount
      if source.bitDepth == 8 { makeRow(of: UInt8.self) } else { makeRow(of: UInt16.self) }
      rowCount += 1
      try result.withUnsafeBufferPointer { (samples) throws(E) in
        try body(
          UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(samples)[..<byteCount]))
      }
    }
  }

  /// Makes numbers of a row's samples, colours multiplied with alpha.
  private mutating func load<Sample: FixedWidthInteger>(_ row: UnsafeBufferPointer<Sample>) {
    let channels = source.kind.channelCount
    line.withUnsafeMutableBufferPointer { line in
      for index in 0..<line.count { line[index] = Float(row[index]) }
      guard source.kind.hasAlpha else { return }
      for pixel in stride(from: 0, to: line.count, by: channels) {
        let alpha = line[pixel + channels - 1] / Float(Sample.max)
        for channel in 0..<channels - 1 { line[pixel + channel] *= alpha }
      }
    }
  }

  private mutating func resampleLine(to slot: Int) {
    let channels = source.kind.channelCount
    let start = slot * form.width * channels
    held.withUnsafeMutableBufferPointer { held in
      line.withUnsafeBufferPointer { line in
        columns.weights.withUnsafeBufferPointer { weights in
          for x in 0..<form.width {
            let (first, count) = (columns.first[x], columns.used[x])
            let target = start + x * channels
            for channel in 0..<channels {
              var sum: Float = 0
              for tap in 0..<count {
                sum += weights[x * columns.count + tap] * line[(first + tap) * channels + channel]
              }
              held[target + channel] = sum
            }
          }
        }
      }
    }
  }

  private mutating func makeRow<Sample: FixedWidthInteger & BitwiseCopyable>(of: Sample.Type) {
    let (y, channels) = (rowCount, source.kind.channelCount)
    let count = form.width * channels
    var sums = [Float](repeating: 0, count: count)
    sums.withUnsafeMutableBufferPointer { sums in
      held.withUnsafeBufferPointer { held in
        for tap in 0..<rows.used[y] {
          let weight = rows.weights[y * rows.count + tap]
          let start = (rows.first[y] + tap) % capacity * count
          for index in 0..<count { sums[index] += weight * held[start + index] }
        }
      }
      if source.kind.hasAlpha { RowResizer.divideByAlpha(sums, channels, Float(Sample.max)) }
      result.withUnsafeMutableBytes { bytes in
        let samples = bytes.assumingMemoryBound(to: Sample.self)
        for index in 0..<count {
          let value = min(max(sums[index], 0), Float(Sample.max))
          samples[index] = Sample(value.rounded(.toNearestOrEven))
        }
      }
    }
  }

  private static func divideByAlpha(
    _ sums: UnsafeMutableBufferPointer<Float>, _ channels: Int, _ largest: Float
  ) {
    for pixel in stride(from: 0, to: sums.count, by: channels) {
      let alpha = sums[pixel + channels - 1] / largest
      for channel in 0..<channels - 1 {
        sums[pixel + channel] = alpha > 0 ? sums[pixel + channel] / alpha : 0
      }
    }
  }
}

/// What the rows or columns of a result are made of.
private struct LanczosTaps {
  /// Most pixels that one of the result is made of.
  let count: Int
  /// The first of them, for each.
  private(set) var first: [Int] = []
  /// How many, for each.
  private(set) var used: [Int] = []
  /// `count` weights for each.
  private(set) var weights: [Float] = []

  static func count(from source: Int, to side: Int) -> Int {
    let squeeze = max(Double(source) / Double(side), 1)
    return min(2 * Int((3 * squeeze).rounded(.up)) + 1, source)
  }

  init(from source: Int, to side: Int) {
    let scale = Double(source) / Double(side)
    let squeeze = max(scale, 1)
    let reach = 3 * squeeze
    count = LanczosTaps.count(from: source, to: side)
    for index in 0..<side {
      let centre = (Double(index) + 0.5) * scale
      let start = max(Int((centre - reach + 0.5).rounded(.down)), 0)
      let end = min(Int((centre + reach + 0.5).rounded(.down)), source)
      var row = (start..<max(end, start + 1)).prefix(count).map { position in
        LanczosTaps.weight((Double(position) + 0.5 - centre) / squeeze)
      }
      let sum = row.reduce(0, +)
      if sum == 0 { row = [1] } else { row = row.map { $0 / sum } }
      first.append(min(start, source - row.count))
      used.append(row.count)
      weights += row.map { Float($0) }
      weights += repeatElement(0, count: count - row.count)
    }
  }

  /// Rows of the source that a row of the result needs, from the first.
  func end(_ index: Int) -> Int { first[index] + used[index] }

  /// `sinc(x) * sinc(x / 3)` within three lobes.
  private static func weight(_ x: Double) -> Double {
    guard x.magnitude < 3 else { return 0 }
    guard x.magnitude > 1e-9 else { return 1 }
    return sinOfPi(x) * sinOfPi(x / 3) * 3 / (Double.pi * Double.pi * x * x)
  }

  /// `sin(pi * x)` for `x` of a few, to the last digits of a `Double`.
  private static func sinOfPi(_ x: Double) -> Double {
    let turns = x.rounded()
    let angle = (x - turns) * Double.pi
    var (term, sum) = (angle, angle)
    // Up to pi / 2: the thirteenth term is below 1e-20.
    for step in 1...12 {
      term *= -angle * angle / Double(2 * step * (2 * step + 1))
      sum += term
    }
    return Int(turns) % 2 == 0 ? sum : -sum
  }
}
