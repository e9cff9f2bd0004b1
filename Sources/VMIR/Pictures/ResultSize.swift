/// What size a result gets, where it is not the network's.
///
/// The result is resampled with Lanczos' filter. Sides are rounded to nearest, and kept within 1 to
/// 2^20 pixels.
public enum ResultSize: Equatable, Sendable {
  /// Both sides in pixels.
  case sides(width: Int, height: Int)
  /// One side in pixels; the other follows from the picture.
  case width(Int)
  case height(Int)
  /// Percent of what the network makes.
  case percent(Double)
  /// Times the sides of the input.
  case factor(Double)

  /// The longest side that can be asked for.
  package static let sideLimit = 1 << 20

  /// The sides of the result of an input of some size, by a network that enlarges by `scale`.
  ///
  /// - Returns: Sides of 1 to `sideLimit`.
  package func sides(width: Int, height: Int, scale: Int) -> (width: Int, height: Int) {
    let (wide, high) = (Double(width * scale), Double(height * scale))
    func pixels(_ value: Double) -> Int {
      value > 1 ? Int(min(value.rounded(), Double(ResultSize.sideLimit))) : 1
    }
    switch self {
    case .sides(let width, let height): return (pixels(Double(width)), pixels(Double(height)))
    case .width(let width):
      return (pixels(Double(width)), pixels(high * Double(width) / wide))
    case .height(let height):
      return (pixels(wide * Double(height) / high), pixels(Double(height)))
    case .percent(let percent): return (pixels(wide * percent / 100), pixels(high * percent / 100))
    case .factor(let factor):
      return (pixels(Double(width) * factor), pixels(Double(height) * factor))
    }
  }
}
