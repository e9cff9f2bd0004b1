import VMIRCore
import VMIRImage

extension Restorer {
  /// Restores a picture as `vmir-run` does: its kind, depth, alpha and chunks stay.
  ///
  /// - Parameters:
  ///   - picture: Of any size; grey pictures go through a colour network as three equal channels,
  ///     of pictures with colours a grey network gets the brightness.
  ///   - options: Memory, tiling, test-time augmentation, size of the result.
  ///   - progress: Called with the completed fraction, 0 to 1; throws `cancelled` to end the run.
  /// - Returns: A picture `scale` times as wide and high, or of the size that `options` say, made
  ///   of `ResultRows`.
  /// - Throws: `picture`, `plan`, `memory`, and what `progress` throws.
  public func restore(
    _ picture: Picture, options: RestoreOptions = RestoreOptions(),
    progress: (Double) throws(RestoreError) -> Void = { _ in }
  ) throws(RestoreError) -> Picture {
    let preparation = try prepare(picture)
    let target = try target(preparation, options.size, of: picture)
    let byteCount = pictureByteCount(
      height: picture.height, width: picture.width, hasAlpha: picture.kind.hasAlpha,
      sampleByteCount: picture.samples.count * picture.samples.bitDepth / 8,
      resultCount: target.resizer == nil ? 1 : 0)
    let schedule = try schedule(
      height: picture.height, width: picture.width, options: options,
      otherByteCount: byteTotal([[byteCount], [target.byteCount]]))
    guard target.resizer != nil else {
      return try restore(preparation, schedule, progress: progress)
    }
    return try restore(preparation, schedule, target, progress: progress)
  }

  private func target(
    _ preparation: PicturePreparation, _ size: ResultSize?, of picture: Picture
  ) throws(RestoreError) -> ResultTarget {
    do throws(PictureError) {
      return try ResultTarget(
        preparation.rows.form, size, of: (picture.width, picture.height), scale: scale)
    } catch {
      throw .picture(error.diagnostic)
    }
  }

  /// Restores a picture that was prepared, as a picture in memory of another size.
  private func restore(
    _ preparation: PicturePreparation, _ schedule: TileSchedule, _ target: ResultTarget,
    progress: (Double) throws(RestoreError) -> Void
  ) throws(RestoreError) -> Picture {
    let form = target.form
    var bytes: [UInt8] = []
    bytes.reserveCapacity(form.rowByteCount * form.height)
    var resizer = target.resizer
    try restore(preparation, schedule, progress: progress) { row in
      resizer?.add(row) { bytes += $0 }
    }
    let samples: PictureSamples =
      form.bitDepth == 8
      ? .eightBit(bytes)
      : .sixteenBit(
        bytes.withUnsafeBytes { bytes in
          stride(from: 0, to: bytes.count, by: 2).map {
            bytes.loadUnaligned(fromByteOffset: $0, as: UInt16.self)
          }
        })
    let source = preparation.rows.source
    guard
      let picture = Picture(
        width: form.width, height: form.height, kind: form.kind, samples: samples,
        chunks: target.chunks(preparation.rows.chunks), notes: source.notes)
    else {
      throw .picture(
        PictureError.shapeMismatch(expected: [form.height, form.width], found: source.shape)
          .diagnostic)
    }
    return picture
  }

  /// Restores a picture: its kind, depth, alpha and chunks stay.
  ///
  /// RGB under zero alpha is filled in before the network runs
  /// (`Picture.fillingTransparentPixels`); grey pictures go through a colour network as three equal
  /// channels, and a grey network restores the brightness of pictures with colours, whose colours
  /// are enlarged by cubic convolution.
  ///
  /// - Parameters:
  ///   - picture: Of the size that `schedule` was made for.
  ///   - schedule: How it is cut.
  ///   - progress: Called with the completed fraction, 0 to 1; throws `cancelled` to end the run.
  /// - Returns: A picture `scale` times as wide and high, made of `ResultRows`.
  /// - Throws: `picture`, what `restore(_:_:progress:_:)` and `progress` throw.
  public func restore(
    _ picture: Picture, _ schedule: TileSchedule,
    progress: (Double) throws(RestoreError) -> Void = { _ in }
  ) throws(RestoreError) -> Picture {
    try restore(try prepare(picture), schedule, progress: progress)
  }

  /// Restores a picture that was prepared, as a picture in memory.
  ///
  /// - Parameters:
  ///   - preparation: Of a picture of the size that `schedule` was made for.
  ///   - schedule: How it is cut.
  ///   - progress: Called with the completed fraction, 0 to 1; throws `cancelled` to end the run.
  /// - Returns: A picture `scale` times as wide and high, made of `ResultRows`.
  /// - Throws: `picture`, what `restore(_:_:progress:_:)` and `progress` throw.
  package func restore(
    _ preparation: PicturePreparation, _ schedule: TileSchedule,
    progress: (Double) throws(RestoreError) -> Void = { _ in }
  ) throws(RestoreError) -> Picture {
    var assembler = PictureAssembler(preparation.rows)
    try restore(preparation.source, schedule, progress: progress) { assembler.add($0) }
    do throws(PictureError) {
      return try assembler.finish()
    } catch {
      throw .picture(error.diagnostic)
    }
  }

  /// Prepares a picture, with further ones as the network's other channels.
  ///
  /// - Parameters:
  ///   - picture: As without further ones; its kind, alpha and chunks stay.
  ///   - further: Pictures of the same size, each with the number of channels that the network
  ///     takes of it, 1 or 3, in the order of the network's channels.
  /// - Returns: What goes into the network, and what makes the result's rows.
  /// - Throws: `picture`, also for a picture of another size.
  package func prepare(
    _ picture: Picture, with further: [(picture: Picture, channels: Int)] = []
  ) throws(RestoreError) -> PicturePreparation {
    let visible = picture.fillingTransparentPixels()
    do throws(PictureError) {
      let channels = inputChannels - further.reduce(0) { $0 + $1.channels }
      var sources = [try PixelSource(visible, channels: channels)]
      for other in further {
        sources.append(try PixelSource(other.picture, channels: other.channels))
      }
      let source = sources.count == 1 ? sources[0] : try PixelSource(stacking: sources)
      guard outputChannels != 1 || channels == 1 || visible.kind.colorCount == 1 else {
        throw .channelsNotAvailable(wanted: 1, kind: visible.kind)
      }
      return PicturePreparation(
        source: source,
        rows: try ResultRows(like: visible, scale: scale, channels: outputChannels))
    } catch {
      throw .picture(error.diagnostic)
    }
  }

  /// Restores a picture that was prepared, a row at a time.
  ///
  /// - Parameters:
  ///   - preparation: Of a picture of the size that `schedule` was made for.
  ///   - schedule: How it is cut.
  ///   - progress: Called with the completed fraction, 0 to 1; throws `cancelled` to end the run.
  ///   - row: Takes the rows of the result's samples from the top, `preparation.rows.form` says
  ///     which; after a value that is no finite number they are worth nothing.
  /// - Throws: `picture` where the network made values that are not finite numbers, what
  ///   `restore(_:_:progress:_:)` and `progress` throw.
  package func restore(
    _ preparation: PicturePreparation, _ schedule: TileSchedule,
    progress: (Double) throws(RestoreError) -> Void, row: (UnsafeRawBufferPointer) -> Void
  ) throws(RestoreError) {
    var rows = preparation.rows
    // Of the size of the larger samples, so that either kind may lie there.
    var samples = [UInt16](repeating: 0, count: (rows.form.rowByteCount + 1) / 2)
    try restore(preparation.source, schedule, progress: progress) { values in
      samples.withUnsafeMutableBytes { bytes in
        let target = UnsafeMutableRawBufferPointer(rebasing: bytes[..<rows.form.rowByteCount])
        rows.next(values, to: target)
        row(UnsafeRawBufferPointer(target))
      }
    }
    do throws(PictureError) {
      try rows.finish()
    } catch {
      throw .picture(error.diagnostic)
    }
  }

  /// Whether a picture with colours goes through the network as its brightness alone.
  package var takesBrightness: Bool { inputChannels == 1 && outputChannels == 1 }

  /// Bytes that a picture and its result take while it is restored, outside of the network.
  ///
  /// Its samples of `sampleByteCount` bytes, those of the result, `resultCount` times, and where
  /// there is alpha the samples with other colours and the means that these are made of. Saturates
  /// at `Int.max`.
  package func pictureByteCount(
    height: Int, width: Int, hasAlpha: Bool, sampleByteCount: Int, resultCount: Int
  ) -> Int {
    let alphaByteCount = hasAlpha ? checkedProduct([width, height, 4]) ?? .max : 0
    return byteTotal([
      [sampleByteCount, hasAlpha ? 2 : 1], [sampleByteCount, resultCount, scale, scale],
      [alphaByteCount, 2],
    ])
  }
}

/// A picture on its way into a network, and what makes its result.
package struct PicturePreparation {
  /// What the network takes.
  let source: PixelSource
  /// What makes the result's rows of the network's; none was made yet.
  package let rows: ResultRows
}

/// The sum of the products; saturates at `Int.max`.
package func byteTotal(_ parts: [[Int]]) -> Int {
  var total = 0
  for part in parts {
    total = checkedProduct(part).flatMap { checkedSum(total, $0) } ?? .max
  }
  return total
}
