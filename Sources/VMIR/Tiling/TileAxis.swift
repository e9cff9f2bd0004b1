/// One side of a picture cut into tiles of one length that overlap.
///
/// Neighbouring tiles are blended in a zone half as long as their overlap is at least, in its
/// middle: outside of the zone, where a tile is close to its end, only the other one counts. Tiles
/// of a network that sees no further than half of the overlap need no blending: the zone is empty.
package struct TileAxis: Equatable, Sendable {
  /// First pixel of each tile, a multiple of the network's size multiple.
  package let starts: [Int]
  /// Pixels of a tile.
  package let length: Int
  /// Pixels of a zone in which two tiles are blended.
  package let zoneLength: Int

  /// The fewest tiles that cover a side.
  ///
  /// - Parameters:
  ///   - side: Pixels of the side, a multiple of `multiple`.
  ///   - length: Pixels of a tile, a multiple of `multiple`; the whole side where it is longer.
  ///   - overlap: Pixels that neighbours share at least, fewer than half of `length`.
  ///   - multiple: Starts are multiples of this many pixels.
  ///   - isBlended: Whether neighbours are blended, instead of each counting up to the middle of
  ///     what they share.
  package init(side: Int, length: Int, overlap: Int, multiple: Int, isBlended: Bool = true) {
    self.length = min(length, side)
    zoneLength = isBlended ? overlap / 2 : 0
    guard length < side else {
      starts = [0]
      return
    }
    // Starts are rounded down, which may cost up to `multiple - 1` pixels of the overlap.
    let step = max(length - overlap - (multiple - 1), multiple)
    let gaps = (side - length + step - 1) / step
    starts = (0...gaps).map { $0 * (side - length) / gaps / multiple * multiple }
  }

  /// Where tile `index` starts to count, and where it stops, zones included.
  package func window(_ index: Int) -> Range<Int> {
    let first = index == 0 ? 0 : zone(index - 1).lowerBound
    let last = index == starts.count - 1 ? starts[index] + length : zone(index).upperBound
    return first..<last
  }

  /// The pixels in which tiles `index` and `index + 1` are blended.
  package func zone(_ index: Int) -> Range<Int> {
    let middle = (starts[index] + length + starts[index + 1]) / 2
    let first = middle - zoneLength / 2
    return first..<first + zoneLength
  }

  /// What the pixels of tile `index`, enlarged by `scale`, count: 0 outside of its window, 1 inside
  /// and from 0 to 1 in the zones, such that all tiles together count 1.
  ///
  /// - Returns: `length * scale` weights.
  package func weights(_ index: Int, scale: Int) -> [Float] {
    let start = starts[index]
    let window = window(index)
    var weights = [Float](repeating: 0, count: length * scale)
    for position in (window.lowerBound - start) * scale..<(window.upperBound - start) * scale {
      weights[position] = 1
    }
    let count = zoneLength * scale
    for position in 0..<count {
      let rise = TileAxis.rise(position, of: count)
      if index > 0 { weights[(zone(index - 1).lowerBound - start) * scale + position] = rise }
      if index < starts.count - 1 {
        weights[(zone(index).lowerBound - start) * scale + position] = 1 - rise
      }
    }
    return weights
  }

  /// A smooth way from 0 to 1: `3 t^2 - 2 t^3`.
  private static func rise(_ position: Int, of count: Int) -> Float {
    let t = (Float(position) + 0.5) / Float(count)
    return t * t * (3 - 2 * t)
  }
}
