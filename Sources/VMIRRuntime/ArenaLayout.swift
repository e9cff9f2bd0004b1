import VMIRCore

/// Lifetime and size of a buffer.
package struct BufferUse: Equatable, Sendable {
  /// Size in floats.
  package let floatCount: Int
  /// First step that writes it.
  package var firstStep: Int
  /// Last step that reads it.
  package var lastStep: Int

  /// A buffer of this size that is in use from one step to another, both included.
  package init(floatCount: Int, firstStep: Int, lastStep: Int) {
    self.floatCount = floatCount
    self.firstStep = firstStep
    self.lastStep = lastStep
  }

  func overlaps(_ other: BufferUse) -> Bool {
    firstStep <= other.lastStep && other.firstStep <= lastStep
  }
}

/// Offsets of buffers in one arena; buffers with overlapping lifetimes don't overlap.
package struct ArenaLayout: Equatable, Sendable {
  /// Offset of each buffer in floats, a multiple of 16 (64 bytes).
  package let offsets: [Int]
  /// Size of the arena in floats.
  package let floatCount: Int

  /// Places the largest buffers first, each at the lowest offset where it fits.
  ///
  /// - Returns: nil where the arena would not fit an `Int`.
  package init?(_ uses: [BufferUse]) {
    var offsets = [Int](repeating: 0, count: uses.count)
    var placed: [Int] = []
    var floatCount = 0
    let order = uses.indices.sorted {
      (uses[$1].floatCount, $0) < (uses[$0].floatCount, $1)
    }
    for index in order {
      guard let size = checkedRoundUp(uses[index].floatCount, toMultipleOf: 16) else {
        return nil
      }
      var offset = 0
      // `placed` is sorted by offset: walk the gaps between buffers that live at the same time.
      for other in placed where uses[other].overlaps(uses[index]) {
        guard let end = checkedSum(offset, size) else { return nil }
        if end <= offsets[other] { break }
        offset = max(offset, offsets[other] + (uses[other].floatCount + 15) / 16 * 16)
      }
      guard let end = checkedSum(offset, size) else { return nil }
      offsets[index] = offset
      floatCount = max(floatCount, end)
      let position = placed.firstIndex { offsets[$0] > offset } ?? placed.count
      placed.insert(index, at: position)
    }
    self.offsets = offsets
    self.floatCount = floatCount
  }
}
