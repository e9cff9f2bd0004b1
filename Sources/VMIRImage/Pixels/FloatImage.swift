import VMIRCore

/// Pixels as a network sees them: `float32`, channels last, `[H, W, C]`, nominally in [0, 1].
public struct FloatImage: Equatable, Sendable {
  /// Pixels, at least 1.
  public let height: Int
  /// Pixels, at least 1.
  public let width: Int
  /// At least 1.
  public let channels: Int
  /// `height * width * channels` values in row-major order.
  public let pixels: [Float]

  /// An image over values that are already there; nil unless their count fits the shape.
  public init?(height: Int, width: Int, channels: Int, pixels: [Float]) {
    guard height > 0, width > 0, channels > 0,
      checkedProduct([height, width, channels]) == pixels.count
    else { return nil }
    self.init(height, width, channels, checked: pixels)
  }

  /// An image whose values are known to fit.
  init(_ height: Int, _ width: Int, _ channels: Int, checked pixels: [Float]) {
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
  }

  /// `[H, W, C]`.
  public var shape: [Int] { [height, width, channels] }

  /// The first value that is infinite or not a number, or nil.
  package var firstNonFinite: (x: Int, y: Int, channel: Int)? {
    guard let index = pixels.firstIndex(where: { !$0.isFinite }) else { return nil }
    let pixel = index / channels
    return (pixel % width, pixel / width, index % channels)
  }
}
