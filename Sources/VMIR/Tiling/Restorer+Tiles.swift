import VMIRImage
import VMIRRuntime

extension Restorer {
  /// Restores one picture in tiles or as an ensemble, or both.
  ///
  /// - Throws: As `restore(_:_:progress:row:)`.
  func blend(
    _ source: PixelSource, _ schedule: TileSchedule,
    progress: (Double) throws(RestoreError) -> Void,
    row: (UnsafeBufferPointer<Float>) -> Void
  ) throws(RestoreError) {
    let (rows, columns) = (schedule.rows, schedule.columns)
    let turns = schedule.isEnsemble ? DihedralTransform.all : [.none]
    let total = Double(schedule.tileCount * turns.count)
    var done = 0.0
    var strip = TileBlender(
      width: source.width * scale, height: source.height * scale, channels: outputChannels,
      rowCount: rows.length * scale)
    for (r, y) in rows.starts.enumerated() {
      let rowWeights = rows.weights(r, scale: scale)
      for (c, x) in columns.starts.enumerated() {
        let weights = (columns.weights(c, scale: scale), rowWeights)
        let region = Region(x: x, y: y, width: columns.length, height: rows.length)
        let target = region.enlarged(by: scale)
        for turn in turns {
          let session =
            try turn.isTransposed
            ? session(height: region.width, width: region.height)
            : session(height: region.height, width: region.width)
          try session.run(
            readRow: { row, target in source.copy(turn.line(row, of: region), to: target) },
            writeRow: { row, values in
              strip.add(
                turn.line(row, of: target), values, origin: (target.x, target.y),
                weights: weights, factor: 1 / Float(turns.count))
            },
            progress: { (share) throws(RestoreError) in try progress((done + share) / total) })
          done += 1
        }
      }
      let end = r + 1 < rows.starts.count ? rows.zone(r).lowerBound : y + rows.length
      strip.emit(upTo: end * scale, row)
    }
  }
}
