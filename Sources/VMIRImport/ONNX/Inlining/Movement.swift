import VMIRCore

/// Where the elements of a value come from that a node only moves, repeats or drops.
///
/// Indices are flat, row-major.
enum Movement {
  /// Each element from the same flat index of operand 0.
  case same
  /// With the result seen as `shape`, element `i` from the sum of `maps[axis][i[axis]]` of operand
  /// 0.
  case axes(shape: [Int], maps: [AxisMap])
  /// Operands joined along the middle of `[outer, extent, inner]`; `ends` are of the extents.
  case concat(operands: [Int], ends: [Int], inner: Int)
  /// Elements that operand `source` replaces, by their flat index; the others from operand 0.
  case replace(source: Int, indices: [Int: Int])

  /// Positions that it keeps one by one; those of a table take several times the memory.
  var positionCount: Int {
    switch self {
    case .same: 0
    case .axes(_, let maps): maps.reduce(0) { $0 + $1.positionCount }
    case .concat(_, let ends, _): ends.count
    case .replace(_, let indices): 4 * indices.count
    }
  }

  /// The operand and the flat index in it that element `index` comes from.
  func source(of index: Int) -> (operand: Int, index: Int) {
    switch self {
    case .same: return (0, index)
    case .axes(let shape, let maps):
      var rest = index
      var sum = 0
      for axis in shape.indices.reversed() {
        let extent = shape[axis]
        sum += maps[axis][rest % extent]
        rest /= extent
      }
      return (0, sum)
    case .concat(let operands, let ends, let inner):
      let whole = ends[ends.count - 1]
      let (outer, middle, last) = (index / (whole * inner), index / inner % whole, index % inner)
      var part = 0
      while middle >= ends[part] { part += 1 }
      let start = part == 0 ? 0 : ends[part - 1]
      return (operands[part], (outer * (ends[part] - start) + middle - start) * inner + last)
    case .replace(let source, let indices):
      if let replaced = indices[index] { return (source, replaced) }
      return (0, index)
    }
  }

  /// A movement along one axis: `count` positions of the result's axis by a map of positions.
  static func along(
    _ axis: Int, of shape: [Int], count: Int, _ positions: AxisMap
  ) -> (Movement, [Int]) {
    var result = shape
    result[axis] = count
    let strides = rowMajorStrides(shape)
    let maps = shape.indices.map { other in
      other == axis ? positions.scaled(by: strides[axis]) : AxisMap(step: strides[other])
    }
    return (.axes(shape: result, maps: maps), result)
  }
}

/// What an index along one axis of a result adds to the flat index in an operand.
struct AxisMap {
  private let start: Int
  private let step: Int
  private let divisor: Int
  private let list: [Int]?

  /// `start + index / divisor * step`.
  init(start: Int = 0, step: Int, divisor: Int = 1) {
    self.start = start
    self.step = step
    self.divisor = divisor
    list = nil
  }

  /// Any positions.
  init(_ list: [Int]) {
    self.list = list
    (start, step, divisor) = (0, 0, 1)
  }

  /// Positions that are kept one by one.
  var positionCount: Int { list?.count ?? 0 }

  subscript(index: Int) -> Int { list?[index] ?? start + index / divisor * step }

  /// The map whose positions are multiplied.
  func scaled(by stride: Int) -> AxisMap {
    if let list { return AxisMap(list.map { $0 * stride }) }
    return AxisMap(start: start * stride, step: step * stride, divisor: divisor)
  }
}

/// Elements from one index of each axis to the next.
func rowMajorStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropLast().reversed() {
    strides[axis] = strides[axis + 1] * max(shape[axis + 1], 1)
  }
  return strides
}

/// The shape that two shapes broadcast to, or nil.
func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
  let rank = max(a.count, b.count)
  var shape: [Int] = []
  for axis in 0..<rank {
    let x = axis + a.count - rank < 0 ? 1 : a[axis + a.count - rank]
    let y = axis + b.count - rank < 0 ? 1 : b[axis + b.count - rank]
    guard x == y || x == 1 || y == 1 else { return nil }
    shape.append(x == 1 ? y : x)
  }
  return shape
}

/// Whether a shape broadcasts to another one without changing it.
func broadcasts(_ operand: [Int], to shape: [Int]) -> Bool {
  if operand == shape { return true }
  let missing = shape.count - operand.count
  return missing >= 0
    && operand.indices.allSatisfy { operand[$0] == 1 || operand[$0] == shape[$0 + missing] }
}

/// The flat index in an operand that broadcasting to `shape` takes element `index` from.
///
/// `operand` broadcasts to `shape`, which has elements.
func broadcastIndex(_ index: Int, in shape: [Int], of operand: [Int]) -> Int {
  if operand == shape { return index }
  var rest = index
  var sum = 0
  var stride = 1
  var axis = shape.count - 1
  var other = operand.count - 1
  while axis >= 0, other >= 0 {
    if operand[other] != 1 { sum += rest % shape[axis] * stride }
    rest /= shape[axis]
    stride *= operand[other]
    axis -= 1
    other -= 1
  }
  return sum
}
