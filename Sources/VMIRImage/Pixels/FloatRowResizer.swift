import VMIRCore

/// Resamples rows of numbers with Lanczos' filter of three lobes, antialiased; what comes out is
/// neither clamped nor rounded.
///
/// The filter is separable: each row is resampled along itself when it comes, and each row of the
/// result is a weighted sum of those that are held, six for an enlargement, about `6 * n` for a
/// reduction by `n`. Beyond an edge the weights are cut off and made to sum to 1. Sums are in
/// `float32`.
package struct FloatRowResizer {
  /// Pixels of the result.
  package let width: Int
  /// Pixels of the result.
  package let height: Int
  /// Numbers of a pixel.
  package let channels: Int
  private let sourceHeight: Int
  private let columns: LanczosTaps
  private let rows: LanczosTaps
  /// Rows of the source, resampled along themselves; row `y` in the place `y % capacity`.
  private var held: [Float]
  private let capacity: Int
  private var sourceRowCount = 0
  private var rowCount = 0

  /// A resampling of `channels` numbers a pixel from one size to another.
  ///
  /// - Precondition: The sides are at least 1.
  package init(
    from source: (width: Int, height: Int), to size: (width: Int, height: Int), channels: Int
  ) {
    (width, height) = size
    self.channels = channels
    sourceHeight = source.height
    columns = LanczosTaps(from: source.width, to: width)
    rows = LanczosTaps(from: source.height, to: height)
    capacity = min(rows.count + 1, source.height)
    held = Array(repeating: 0, count: capacity * width * channels)
  }

  /// Bytes that a resampling takes; saturates at `Int.max`.
  package static func byteCount(
    from source: (width: Int, height: Int), to size: (width: Int, height: Int), channels: Int
  ) -> Int {
    let rows = LanczosTaps.count(from: source.height, to: size.height)
    let columns = LanczosTaps.count(from: source.width, to: size.width)
    let parts = [
      [min(rows + 1, source.height), size.width, channels, 4], [columns, size.width, 4],
      [rows, size.height, 4],
    ]
    return parts.reduce(0) { checkedSum($0, checkedProduct($1) ?? .max) ?? .max }
  }

  /// Takes the next row of the source.
  ///
  /// It has `source width * channels` numbers; further rows than the source has are ignored. The rows
  /// that it completes are to be taken by `next` before the one after it comes.
  package mutating func add(_ row: UnsafeBufferPointer<Float>) {
    guard sourceRowCount < sourceHeight else { return }
    let start = sourceRowCount % capacity * width * channels
    sourceRowCount += 1
    held.withUnsafeMutableBufferPointer { held in
      columns.weights.withUnsafeBufferPointer { weights in
        for x in 0..<width {
          let (first, count) = (columns.first[x], columns.used[x])
          let target = start + x * channels
          for channel in 0..<channels {
            var sum: Float = 0
            for tap in 0..<count {
              sum += weights[x * columns.count + tap] * row[(first + tap) * channels + channel]
            }
            held[target + channel] = sum
          }
        }
      }
    }
  }

  /// Writes the next row of the result, `[width, channels]`; false where it is not complete.
  package mutating func next(_ target: UnsafeMutableBufferPointer<Float>) -> Bool {
    guard rowCount < height, rows.end(rowCount) <= sourceRowCount else { return false }
    let count = width * channels
    target.initialize(repeating: 0)
    held.withUnsafeBufferPointer { held in
      for tap in 0..<rows.used[rowCount] {
        let weight = rows.weights[rowCount * rows.count + tap]
        let start = (rows.first[rowCount] + tap) % capacity * count
        for index in 0..<count { target[index] += weight * held[start + index] }
      }
    }
    rowCount += 1
    return true
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
