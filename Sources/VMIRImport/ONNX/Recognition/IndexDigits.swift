import VMIRCore
import VMIRGraph

/// A map between flat indices that is linear in the digits of the index, as reshapes and
/// transpositions make it.
struct IndexDigits: Equatable {
  /// A digit of the index, and what it adds to the place.
  struct Digit: Equatable {
    let extent: Int
    /// Indices from one value of the digit to the next.
    let block: Int
    /// Places from one value of the digit to the next.
    let stride: Int
  }

  /// From the innermost digit, none with the extent 1.
  private(set) var digits: [Digit]
  /// The place of index 0.
  let origin: Int

  /// Finds the digits of a map of `count` indices; nil where it has none, as far as was looked.
  init?(count: Int, _ samples: [Int], _ map: (Int) -> Int?) {
    guard count > 0, let origin = map(0) else { return nil }
    var digits: [Digit] = []
    var block = 1
    while block < count {
      guard let next = map(block), digits.count < 16 else { return nil }
      let stride = next - origin
      func fits(_ position: Int) -> Bool {
        position * block < count && map(position * block) == origin + position * stride
      }
      // The longest run of equal steps: doubled, then halved.
      var (low, high) = (1, 2)
      while fits(high) { (low, high) = (high, 2 * high) }
      while high - low > 1 {
        let middle = (low + high) / 2
        if fits(middle) { low = middle } else { high = middle }
      }
      let extent = largestDivisor(of: count / block, atMost: low + 1)
      guard extent > 1 else { return nil }
      digits.append(Digit(extent: extent, block: block, stride: stride))
      block *= extent
    }
    self.digits = digits
    self.origin = origin
    guard samples.allSatisfy({ map($0) == place($0) }) else { return nil }
  }

  /// The place of an index.
  func place(_ index: Int) -> Int {
    digits.reduce(origin) { $0 + index / $1.block % $1.extent * $1.stride }
  }

  /// The index that has a place, where each has one.
  func index(_ place: Int) -> Int {
    digits.reduce(0) { $0 + (place - origin) / $1.stride % $1.extent * $1.block }
  }

  /// Whether each of `count` places, from 0 on, has one index.
  func isOneToOne(_ count: Int) -> Bool {
    guard origin == 0 else { return false }
    var next = 1
    for digit in digits.sorted(by: { $0.stride < $1.stride }) {
      guard digit.stride == next else { return false }
      next *= digit.extent
    }
    return next == count
  }

  /// Cuts digits so that each lies within one axis on both sides.
  ///
  /// - Parameters:
  ///   - blocks: Indices from one value of an axis to the next.
  ///   - strides: Places from one value of an axis to the next.
  /// - Returns: nil where a digit can't be cut so.
  func cut(blocks: [Int], strides: [Int]) -> IndexDigits? {
    var result = self
    result.digits = []
    var rest = Array(digits.reversed())
    while let digit = rest.popLast() {
      func part(_ step: Int, _ bounds: [Int]) -> Int? {
        bounds.filter { $0 > step && $0 < step * digit.extent }.min().map {
          $0 % step == 0 ? $0 / step : 0
        }
      }
      let cuts = [part(digit.block, blocks), part(digit.stride, strides)].compactMap { $0 }
      guard let inner = cuts.min() else {
        result.digits.append(digit)
        continue
      }
      guard inner > 1, digit.extent % inner == 0 else { return nil }
      rest.append(
        Digit(
          extent: digit.extent / inner, block: digit.block * inner, stride: digit.stride * inner))
      rest.append(Digit(extent: inner, block: digit.block, stride: digit.stride))
    }
    return result
  }

  /// The rearrangement that makes an image of one size from one of another; nil where there is none.
  func rearrangement(_ from: [Int], _ to: [Int]) -> Rearrange? {
    guard isOneToOne(from.reduce(1, *)),
      let parts = cut(blocks: [to[2], to[1] * to[2]], strides: [from[2], from[1] * from[2]])
    else { return nil }
    let sources = parts.digits.sorted { $0.stride > $1.stride }
    guard parts.digits.count <= 16 else { return nil }
    return Rearrange(
      extents: sources.map(\.extent),
      order: parts.digits.reversed().compactMap { digit in
        sources.firstIndex { $0.stride == digit.stride }
      }, shape: to)
  }
}

/// The largest divisor of a positive number that is not above a bound of 1 or more.
func largestDivisor(of number: Int, atMost bound: Int) -> Int {
  guard bound < number else { return number }
  // The smallest divisor that leaves no more than the bound, up to the root; then those below it.
  var cofactor = (number - 1) / bound + 1
  while cofactor <= number / cofactor {
    if number % cofactor == 0 { return number / cofactor }
    cofactor += 1
  }
  var divisor = min(bound, number / cofactor + 1)
  while number % divisor != 0 { divisor -= 1 }
  return divisor
}
