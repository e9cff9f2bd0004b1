import VMIRCore
import VMIRGraph
import VMIRRuntime

/// Tiles that give the result of the whole picture, bit for bit.
///
/// A pixel of the result depends on the input pixels up to the network's radius away, so a tile is
/// right wherever it is that far from its ends. How a pixel is computed must not depend on the tile
/// either: tiles begin where the whole picture would have begun a block of a fast convolution, and
/// so, where the picture is mirrored, do the mirrored tiles.
extension TileScheduler {
  /// Axes of exact tiles at most `length` pixels long, and what neighbours share.
  ///
  /// - Parameters:
  ///   - length: Longest side of a tile.
  ///   - share: The part of a tile's side that must count, 1 / `share`: with less, the work is not
  ///     worth it.
  /// - Returns: nil where the network sees the whole picture, another overlap was asked for, or
  ///   tiles would have to be longer.
  func exactAxes(
    _ length: Int, share: Int
  ) -> (rows: TileAxis, columns: TileAxis, overlap: Int)? {
    guard let radius = restorer.weights.tileRadius, let least = checkedProduct([radius, 2]) else {
      return nil
    }
    let overlap = options.overlap ?? least
    guard overlap >= least,
      let step = alignment,
      let rows = exactAxis(height, length, overlap, step, share),
      let columns = exactAxis(width, length, overlap, step, share)
    else { return nil }
    return (rows, columns, overlap)
  }

  /// What tiles begin on multiples of; nil where that can't be counted.
  private var alignment: Int? {
    guard let network = restorer.weights.tileAlignment else { return nil }
    var (a, b) = (multiple, max(network, 1))
    while b > 0 { (a, b) = (b, a % b) }
    return checkedProduct([multiple / max(a, 1), network])
  }

  private func exactAxis(
    _ side: Int, _ length: Int, _ overlap: Int, _ step: Int, _ share: Int
  ) -> TileAxis? {
    func axis(_ length: Int) -> TileAxis {
      TileAxis(side: side, length: length, overlap: overlap, multiple: step, isBlended: false)
    }
    guard length < side else { return axis(side) }
    // The last tile ends with the picture, and begins on a multiple as all others do.
    let longest = side - (side - length + step - 1) / step * step
    func counting(_ length: Int) -> Int { length - overlap - (step - 1) }
    guard counting(longest) >= max(step, longest / share) else { return nil }
    let count = axis(longest).starts.count
    var short = longest
    while counting(short - step) >= step, axis(short - step).starts.count == count {
      short -= step
    }
    return axis(short)
  }
}
