/// Largest extent that a tensor of a network may have; far above any real one, so that products of
/// a few extents fit an `Int`.
let extentLimit = 1 << 17

/// An extent that is there and within the limit.
///
/// - Throws: `size`.
func checked(_ name: String, _ extent: Int?) throws(ImportError) -> Int {
  let extent = extent ?? 0
  guard extent > 0, extent <= extentLimit else {
    throw .size(of: name, expected: "1 to \(extentLimit)", found: extent)
  }
  return extent
}

/// The value that occurs most often, the earliest such; nil where there are none.
func mostCommon(_ values: [Int]) -> Int? {
  var counts: [Int: Int] = [:]
  for value in values { counts[value, default: 0] += 1 }
  let most = counts.values.max()
  return values.first { counts[$0] == most }
}

extension NamedTensor {
  /// An extent of a tensor that has as many axes as it should; else nil.
  func extent(_ axis: Int, of rank: Int) -> Int? { shape.count == rank ? shape[axis] : nil }
}
