/// Extent of one axis as a monomial `n/d * H^h * W^w` of the network input's height and width, or
/// as a quotient `(n * H + a) / d` of one side that is rounded down.
///
/// Kept in lowest terms, `n` and `d` positive, so two equal extents are equal values. Height and
/// width are in pixels. A monomial must be whole; a rounded quotient is there for every size that
/// makes it 1 or more.
package struct Dim: Equatable, Hashable, Sendable {
  /// `n` of the coefficient.
  package let numerator: Int
  /// `d` of the coefficient.
  package let denominator: Int
  /// Power of H.
  package let heightPower: Int
  /// Power of W.
  package let widthPower: Int
  /// `a`; 0 unless the extent is rounded.
  package let offset: Int
  /// Whether it is rounded down.
  package let isRounded: Bool

  /// The extent `n/d * H^h * W^w`, reduced; nil unless `n` and `d` are positive.
  package init?(numerator: Int, denominator: Int, heightPower: Int, widthPower: Int) {
    guard numerator > 0, denominator > 0 else { return nil }
    self.init(numerator, denominator, heightPower, widthPower)
  }

  private init(_ numerator: Int, _ denominator: Int, _ heightPower: Int, _ widthPower: Int) {
    let divisor = greatestCommonDivisor(numerator, denominator)
    self.numerator = numerator / divisor
    self.denominator = denominator / divisor
    self.heightPower = heightPower
    self.widthPower = widthPower
    offset = 0
    isRounded = false
  }

  /// `(numerator * side + offset) / denominator` rounded down, in lowest terms.
  private init(_ numerator: Int, _ denominator: Int, offset: Int, isHeight: Bool) {
    let divisor = greatestCommonDivisor(numerator, denominator)
    self.numerator = numerator / divisor
    self.denominator = denominator / divisor
    heightPower = isHeight ? 1 : 0
    widthPower = isHeight ? 0 : 1
    // A whole number is rounded down alike with the offset's whole part of the divisor.
    self.offset = flooredQuotient(offset, divisor)
    isRounded = true
  }

  /// Height of the network's input.
  package static let height = Dim(1, 1, 1, 0)
  /// Width of the network's input.
  package static let width = Dim(1, 1, 0, 1)

  /// The extent `count`; a count under 1 becomes 1, which no type rule accepts in its place.
  package static func fixed(_ count: Int) -> Dim { Dim(max(count, 1), 1, 0, 0) }

  /// The count, where the extent depends on neither H nor W and is whole.
  package var fixedCount: Int? {
    heightPower == 0 && widthPower == 0 && denominator == 1 ? numerator : nil
  }

  /// The extent times a positive integer, or nil where the coefficient overflows.
  package func multiplied(by factor: Int) -> Dim? {
    let (product, overflow) = numerator.multipliedReportingOverflow(by: factor)
    guard factor > 0, !overflow, !isRounded else { return nil }
    return Dim(product, denominator, heightPower, widthPower)
  }

  /// The extent with `count` added and then divided by a positive integer, rounded down; nil where
  /// it is the product of sides, or the numbers overflow.
  package func quotient(adding count: Int, by divisor: Int) -> Dim? {
    guard divisor > 0 else { return nil }
    if let fixed = fixedCount {
      let (sum, overflow) = fixed.addingReportingOverflow(count)
      return overflow || sum < divisor ? nil : .fixed(sum / divisor)
    }
    guard heightPower + widthPower == 1, heightPower >= 0, widthPower >= 0 else { return nil }
    let (added, addedOverflow) = count.multipliedReportingOverflow(by: denominator)
    let (offset, offsetOverflow) = self.offset.addingReportingOverflow(added)
    let (product, overflow) = denominator.multipliedReportingOverflow(by: divisor)
    guard !addedOverflow, !offsetOverflow, !overflow else { return nil }
    return Dim(numerator, product, offset: offset, isHeight: heightPower == 1)
  }

  /// The extent divided by a positive integer, or nil where the coefficient overflows.
  ///
  /// A fixed extent must divide exactly; one with H or W may become a fraction of it. A rounded one
  /// is rounded again.
  package func divided(by divisor: Int) -> Dim? {
    guard !isRounded else { return quotient(adding: 0, by: divisor) }
    let (product, overflow) = denominator.multipliedReportingOverflow(by: divisor)
    guard divisor > 0, !overflow else { return nil }
    let quotient = Dim(numerator, product, heightPower, widthPower)
    guard heightPower == 0, widthPower == 0 else { return quotient }
    return quotient.denominator == 1 ? quotient : nil
  }

  /// The product of two extents, or nil where it overflows.
  package func multiplied(by other: Dim) -> Dim? {
    let (n, nOverflow) = numerator.multipliedReportingOverflow(by: other.numerator)
    let (d, dOverflow) = denominator.multipliedReportingOverflow(by: other.denominator)
    let (h, hOverflow) = heightPower.addingReportingOverflow(other.heightPower)
    let (w, wOverflow) = widthPower.addingReportingOverflow(other.widthPower)
    guard !isRounded, !other.isRounded, !nOverflow, !dOverflow, !hOverflow, !wOverflow else {
      return nil
    }
    return Dim(n, d, h, w)
  }

  /// The count for a concrete input size, or nil where it is not whole or does not fit.
  package func count(height: Int, width: Int) -> Int? {
    guard !isRounded else {
      let side = heightPower == 1 ? height : width
      guard let product = checkedProduct([numerator, side]) else { return nil }
      let (sum, overflow) = product.addingReportingOverflow(offset)
      return overflow || sum < denominator ? nil : sum / denominator
    }
    guard heightPower >= 0, widthPower >= 0, heightPower <= 8, widthPower <= 8,
      let value = checkedProduct(
        [numerator] + Array(repeating: height, count: heightPower)
          + Array(repeating: width, count: widthPower)),
      value % denominator == 0
    else { return nil }
    return value / denominator
  }
}

extension Dim: CustomStringConvertible {
  /// `48`, `H`, `4*H`, `H/2`, `3*H*W/4`, `H^2`; `(H+1)/2` where it is rounded.
  package var description: String {
    var factors: [String] = []
    if numerator != 1 || (heightPower == 0 && widthPower == 0) { factors.append("\(numerator)") }
    if heightPower != 0 { factors.append(heightPower == 1 ? "H" : "H^\(heightPower)") }
    if widthPower != 0 { factors.append(widthPower == 1 ? "W" : "W^\(widthPower)") }
    var text = ""
    for factor in factors { text += text.isEmpty ? factor : "*" + factor }
    if isRounded { text = "(\(text)\(offset < 0 ? "" : "+")\(offset))" }
    return denominator == 1 ? text : text + "/\(denominator)"
  }
}

/// A quotient rounded down, for a positive divisor.
private func flooredQuotient(_ dividend: Int, _ divisor: Int) -> Int {
  let quotient = dividend / divisor
  return dividend % divisor < 0 ? quotient - 1 : quotient
}
