import VMIR

extension RunTool {
  /// Cuts an input into tiles, with notes on them and on the memory that they take.
  ///
  /// - Parameters:
  ///   - name: Of the input.
  ///   - height: Of the input.
  ///   - width: Of the input.
  ///   - otherByteCount: Memory outside of the network.
  /// - Returns: The tiles, and what they take.
  /// - Throws: Why it can't be run in the memory that is allowed.
  func schedule(
    _ name: String, _ height: Int, _ width: Int, otherByteCount: Int
  ) throws(RunFailure) -> TileSchedule {
    let schedule: TileSchedule
    do throws(RestoreError) {
      schedule = try restorer.schedule(
        height: height, width: width, options: options.restore, otherByteCount: otherByteCount)
    } catch {
      throw RunFailure(name, error)
    }
    if let announcement = announcement(schedule, height: height, width: width) {
      writeLine("note: \(name): \(announcement)", to: 2)
    }
    let share = restorer.memoryByteCounts(RestoreOptions()).allowed
    if schedule.peakByteCount > share, !options.isQuiet {
      writeLine(
        "note: \(name): takes up to \(megabytes(schedule.peakByteCount)) of memory, more than half "
          + "of what is available", to: 2)
    }
    if options.isVerbose {
      write(
        "\(name): \(width)x\(height), at most \(megabytes(schedule.peakByteCount)) of memory\n",
        to: 2)
    }
    return schedule
  }

  /// The note on a picture that is padded or tiled.
  private func announcement(_ schedule: TileSchedule, height: Int, width: Int) -> String? {
    let fixed = restorer.fixedSize
    let taken =
      "the network takes \(Restorer.sizeText(height: fixed.height, width: fixed.width)) only"
    guard schedule.tileCount > 1 else {
      guard schedule.isFixedSize, schedule.tileHeight > height || schedule.tileWidth > width else {
        return nil
      }
      return taken + ": padded"
    }
    let tiles =
      "cut into \(schedule.tileCount) tiles of \(schedule.tileWidth)x\(schedule.tileHeight) pixels "
      + "with an overlap of \(schedule.overlap), which changes the result slightly"
    if schedule.isFixedSize { return "\(taken): \(tiles)" }
    guard !schedule.isExact else { return nil }
    guard schedule.wholeByteCount > schedule.allowedByteCount else { return tiles }
    return
      "the whole picture needs \(megabytes(schedule.wholeByteCount)) of memory, "
      + (options.restore.memoryByteCount == nil
        ? "half of what is available is \(megabytes(schedule.allowedByteCount)), and --memory allows "
          + "more: \(tiles)"
        : "\(megabytes(schedule.allowedByteCount)) are allowed: \(tiles)")
  }

  private func megabytes(_ byteCount: Int) -> String { "\(byteCount / 1_000_000) MB" }
}
