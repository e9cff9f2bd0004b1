/// Values that a pickle remembers by number.
///
/// Writers number densely from 0 or 1; other numbers go to a dictionary, so that one huge number
/// costs nothing.
struct PickleMemo {
  private var dense: [PickleValue] = []
  private var sparse: [Int: PickleValue] = [:]

  /// Count of numbers in use: the one that MEMOIZE gives next.
  var count: Int { dense.count + sparse.count }

  mutating func put(_ value: PickleValue, at index: Int) {
    if dense.indices.contains(index) {
      dense[index] = value
    } else if index == dense.count, sparse[index] == nil {
      dense.append(value)
    } else {
      sparse[index] = value
    }
  }

  func get(_ index: Int) -> PickleValue? {
    dense.indices.contains(index) ? dense[index] : sparse[index]
  }
}
