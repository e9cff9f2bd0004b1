import VMIRCore

/// How an image is continued beyond its right and its lower edge.
package enum EdgeMode: Equatable, Sendable, CaseIterable {
  /// Mirrored, the last pixel once: `c b | a b c`. Where the image is too short for that, the pixel
  /// at position 0 is repeated.
  case reflect
  /// With black.
  case zero
  /// Mirrored, the last pixel twice: `c b a | a b c`, over and over.
  case symmetric
  /// With the last pixel.
  case replicate
  /// As `symmetric`, and by a whole multiple more where none is needed; what a mirrored image is too
  /// short for is reflected from it.
  case symmetricWindow

  /// Where the pixel at a position comes from; nil for black.
  ///
  /// - Parameters:
  ///   - position: 0 or more.
  ///   - side: Pixels of the image, 1 or more.
  /// - Returns: A position in the image.
  func source(of position: Int, side: Int) -> Int? {
    guard position >= side else { return position }
    switch self {
    case .reflect: return max(0, 2 * (side - 1) - position)
    case .zero: return nil
    case .replicate: return side - 1
    case .symmetric: return EdgeMode.mirrored(position % (2 * side), side)
    case .symmetricWindow:
      let inside = position < 2 * side ? position : max(0, 2 * (2 * side - 1) - position)
      return EdgeMode.mirrored(inside, side)
    }
  }

  private static func mirrored(_ position: Int, _ side: Int) -> Int {
    position < side ? position : 2 * side - 1 - position
  }

  /// A side with what is added to it; nil where that can't be counted.
  func paddedSide(_ side: Int, multiple: Int) -> Int? {
    guard self == .symmetricWindow, multiple > 1 else {
      return checkedRoundUp(side, toMultipleOf: multiple)
    }
    return checkedSum(side / multiple * multiple, multiple)
  }
}
