/// Extent of one axis as a monomial `n/d * H^h * W^w` of the network input's height and width.
///
/// Kept in lowest terms, `n` and `d` positive, so two equal extents are equal values. Height and
/// width are in pixels.
package struct Dim: Equatable, Hashable, Sendable {
  /// `n` of the coefficient.
  package let numerator: Int
  /// `d` of the coefficient.
  package let denominator: Int
  /// Power of H.
  package let heightPower: Int
  /// Power of W.
  package let widthPower: Int

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
    guard factor > 0, !overflow else { return nil }
    return Dim(product, denominator, heightPower, widthPower)
  }

  /// The extent divided by a positive integer, or nil where the coefficient overflows.
  ///
  /// A fixed extent must divide exactly; one with H or W may become a fraction of it.
  package func divided(by divisor: Int) -> Dim? {
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
    guard !nOverflow, !dOverflow, !hOverflow, !wOverflow else { return nil }
    return Dim(n, d, h, w)
  }

  /// The count for a concrete input size, or nil where it is not whole or does not fit.
  package func count(height: Int, width: Int) -> Int? {
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
  /// `48`, `H`, `4*H`, `H/2`, `3*H*W/4`, `H^2`.
  package var description: String {
    var factors: [String] = []
    if numerator != 1 || (heightPower == 0 && widthPower == 0) { factors.append("\(numerator)") }
    if heightPower != 0 { factors.append(heightPower == 1 ? "H" : "H^\(heightPower)") }
    if widthPower != 0 { factors.append(widthPower == 1 ? "W" : "W^\(widthPower)") }
    var text = ""
    for factor in factors { text += text.isEmpty ? factor : "*" + factor }
    return denominator == 1 ? text : text + "/\(denominator)"
  }
}
