import VMIR
import VMIRCore

extension ResultSize {
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
