import VMIRCore
import VMIRGraph
import VMIRImage
import VMIRRuntime

/// Chooses the tiles of one picture.
struct TileScheduler {
  let restorer: Restorer
  /// Padded.
  let height: Int
  /// Padded.
  let width: Int
  let resultWidth: Int
  let options: RestoreOptions
  let otherByteCount: Int

  var multiple: Int { restorer.weights.graph.metadata.sizeMultiple }

  func schedule() throws(RestoreError) -> TileSchedule {
    let allowed = options.memoryByteCount ?? restorer.allowedByteCount()
    let whole = try peak(height, width, isBlended: options.isEnsemble)
    switch options.tiling {
    case .off:
      guard whole <= allowed else { throw .memory(needed: whole, available: allowed) }
      return make(max(height, width), whole: whole, peak: whole, allowed: allowed)
    case .size(let side):
      let length = max(side / multiple, 1) * multiple
      try checkOverlap(length, side: side)
      let isWhole = length >= max(height, width)
      let needed = isWhole ? whole : try peak(length, isBlended: true)
      guard needed <= allowed else { throw .memory(needed: needed, available: allowed) }
      return make(length, share: 8, whole: whole, peak: needed, allowed: allowed)
    case .automatic:
      guard whole > allowed else {
        return make(max(height, width), whole: whole, peak: whole, allowed: allowed)
      }
      let length = try largestTile(allowed)
      let schedule = make(length, share: 2, whole: whole, peak: 0, allowed: allowed)
      let needed = try peak(schedule.tileHeight, schedule.tileWidth, isBlended: true)
      return make(length, share: 2, whole: whole, peak: needed, allowed: allowed)
    }
  }

  /// Tiles of the one size that the network takes.
  func schedule(_ fixed: (height: Int?, width: Int?)) throws(RestoreError) -> TileSchedule {
    func refuse(_ reason: String) -> RestoreError {
      .fixedSize(height: fixed.height, width: fixed.width, reason: reason)
    }
    let (tileHeight, tileWidth) = (fixed.height ?? height, fixed.width ?? width)
    let isCut = height > tileHeight || width > tileWidth
    switch options.tiling {
    case .automatic: break
    case .off:
      guard !isCut else { throw refuse("a larger one can't be restored without tiles") }
    case .size(let side):
      guard side >= max(fixed.height ?? 0, fixed.width ?? 0) else {
        throw refuse("smaller tiles can't be restored")
      }
    }
    guard !options.isEnsemble || tileHeight == tileWidth else {
      throw refuse("they can't be transposed")
    }
    let allowed = options.memoryByteCount ?? restorer.allowedByteCount()
    let needed = try peak(tileHeight, tileWidth, isBlended: isCut || options.isEnsemble)
    guard needed <= allowed else { throw .memory(needed: needed, available: allowed) }
    let shorter = min(fixed.height ?? .max, fixed.width ?? .max)
    let mostOverlap = max((shorter - 4) / 2, 0)
    if isCut, let overlap = options.overlap, overlap > mostOverlap {
      throw .overlap(overlap, tile: shorter, maximum: mostOverlap)
    }
    let overlap = min(options.overlap ?? min(64, shorter / 4), mostOverlap)
    return TileSchedule(
      rows: TileAxis(side: height, length: tileHeight, overlap: overlap, multiple: 1),
      columns: TileAxis(side: width, length: tileWidth, overlap: overlap, multiple: 1),
      isEnsemble: options.isEnsemble, isFixedSize: true,
      peakByteCount: max(needed, restorer.pastByteCount),
      wholeByteCount: max(needed, restorer.pastByteCount), allowedByteCount: allowed,
      overlap: overlap)
  }

  /// The longest tile side with which the peak stays within what is allowed.
  private func largestTile(_ allowed: Int) throws(RestoreError) -> Int {
    let minimumOverlap = 2 * (options.overlap ?? 0) + 4 * multiple
    var low = max((max(Restorer.minimumTile, minimumOverlap) + multiple - 1) / multiple, 1)
    let minimum = try peak(low * multiple, isBlended: true)
    guard minimum <= allowed else { throw .memory(needed: minimum, available: allowed) }
    var high = max(height, width) / multiple
    while low + 1 < high {
      let middle = (low + high) / 2
      if try peak(middle * multiple, isBlended: true) <= allowed {
        low = middle
      } else {
        high = middle
      }
    }
    return low * multiple
  }

  private func peak(_ side: Int, isBlended: Bool) throws(RestoreError) -> Int {
    try peak(min(side, height), min(side, width), isBlended: isBlended)
  }

  /// Bytes that the process takes with tiles of this size.
  private func peak(
    _ tileHeight: Int, _ tileWidth: Int, isBlended: Bool
  ) throws(RestoreError) -> Int {
    do throws(PlanError) {
      var session = try sessionByteCount(tileHeight, tileWidth)
      if options.isEnsemble, tileHeight != tileWidth {
        session = max(session, try sessionByteCount(tileWidth, tileHeight))
      }
      var total = MemoryBudget.processByteCount
      for part in [
        restorer.weights.byteCount, session, otherByteCount,
        isBlended ? stripByteCount(tileHeight) : 0,
      ] {
        total = checkedSum(total, part) ?? .max
      }
      return total
    } catch {
      // Tiles may still be countable where the whole is not.
      if case .tooLarge = error { return .max }
      throw .plan(error.diagnostic)
    }
  }

  private func sessionByteCount(_ height: Int, _ width: Int) throws(PlanError) -> Int {
    try restorer.plan(height: height, width: width)
      .sessionByteCount(threadCount: restorer.pool.threadCount)
  }

  private func stripByteCount(_ tileHeight: Int) -> Int {
    checkedProduct([
      resultWidth, restorer.outputChannels, tileHeight, restorer.scale, MemoryLayout<Float>.size,
    ]) ?? .max
  }

  /// Refuses an overlap that was asked for and that tiles of this side can't have.
  private func checkOverlap(_ length: Int, side: Int) throws(RestoreError) {
    guard let overlap = options.overlap, overlap > mostOverlap(length) else { return }
    throw .overlap(overlap, tile: side, maximum: mostOverlap(length))
  }

  /// Most pixels that tiles may share: zones of blending must not meet inside a tile.
  private func mostOverlap(_ length: Int) -> Int { max((length - 4 * multiple) / 2, 0) }

  /// Exact tiles where the part 1 / `share` of them counts, else blended ones.
  private func make(
    _ length: Int, share: Int = 1, whole: Int, peak: Int, allowed: Int
  ) -> TileSchedule {
    let exact = exactAxes(length, share: share)
    let overlap =
      exact?.overlap ?? min(options.overlap ?? min(64, length / 4), mostOverlap(length))
    return TileSchedule(
      rows: exact?.rows ?? axis(height, length, overlap),
      columns: exact?.columns ?? axis(width, length, overlap),
      isEnsemble: options.isEnsemble, isFixedSize: false,
      peakByteCount: max(peak, restorer.pastByteCount),
      wholeByteCount: max(whole, restorer.pastByteCount), allowedByteCount: allowed,
      overlap: overlap,
      isExact: exact != nil)
  }

  /// The fewest tiles of at most this length, made as short as their number allows.
  private func axis(_ side: Int, _ length: Int, _ overlap: Int) -> TileAxis {
    let count = TileAxis(side: side, length: length, overlap: overlap, multiple: multiple)
      .starts.count
    guard count > 1 else {
      return TileAxis(side: side, length: side, overlap: overlap, multiple: multiple)
    }
    var short = length
    while short > multiple {
      let shorter = TileAxis(
        side: side, length: short - multiple, overlap: overlap, multiple: multiple)
      guard shorter.starts.count == count, shorter.length >= 2 * overlap + 4 * multiple else {
        break
      }
      short -= multiple
    }
    return TileAxis(side: side, length: short, overlap: overlap, multiple: multiple)
  }
}
