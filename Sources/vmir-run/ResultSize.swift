import VMIRCore

/// What size the results get, where it is not the network's.
enum ResultSize: Equatable {
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
  private static let sideLimit = 1 << 20

  /// Reads `1920x1080`, `1920x`, `x1080` or `50%`; nil where it is none of them.
  init?(resize text: String) {
    if text.utf8.last == UInt8(ascii: "%") {
      guard let number = String(text.utf8.dropLast()).flatMap({ parseFloat($0) }),
        number > 0, number <= 1000
      else { return nil }
      self = .percent(Double(number))
      return
    }
    let parts = text.utf8.split(omittingEmptySubsequences: false) { $0 | 0x20 == UInt8(ascii: "x") }
    guard parts.count == 2 else { return nil }
    var sides: [Int?] = []
    for part in parts {
      let side = String(part).flatMap { Int($0) }
      guard part.isEmpty || side.map({ (1...ResultSize.sideLimit).contains($0) }) == true else {
        return nil
      }
      sides.append(side)
    }
    switch (sides[0], sides[1]) {
    case (let width?, let height?): self = .sides(width: width, height: height)
    case (let width?, nil): self = .width(width)
    case (nil, let height?): self = .height(height)
    case (nil, nil): return nil
    }
  }

  /// Reads a number of times, as `2` or `1.5`; nil where it is none.
  init?(scale text: String) {
    guard let number = parseFloat(text), number > 0, number <= 64 else { return nil }
    self = .factor(Double(number))
  }

  /// The sides of the result of an input of some size, by a network that enlarges by `scale`.
  ///
  /// - Returns: Sides of 1 to `sideLimit`.
  func sides(width: Int, height: Int, scale: Int) -> (width: Int, height: Int) {
    let (wide, high) = (Double(width * scale), Double(height * scale))
    func pixels(_ value: Double) -> Int {
      Int(min(max(value.rounded(), 1), Double(ResultSize.sideLimit)))
    }
    switch self {
    case .sides(let width, let height): return (width, height)
    case .width(let width): return (width, pixels(high * Double(width) / wide))
    case .height(let height): return (pixels(wide * Double(height) / high), height)
    case .percent(let percent): return (pixels(wide * percent / 100), pixels(high * percent / 100))
    case .factor(let factor):
      return (pixels(Double(width) * factor), pixels(Double(height) * factor))
    }
  }

  /// Tells sizes from each other.
  var text: String {
    switch self {
    case .sides(let width, let height): "\(width)x\(height)"
    case .width(let width): "\(width)x"
    case .height(let height): "x\(height)"
    case .percent(let percent): "%\(percent.bitPattern)"
    case .factor(let factor): "*\(factor.bitPattern)"
    }
  }
}
