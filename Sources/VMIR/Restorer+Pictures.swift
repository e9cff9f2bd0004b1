import VMIRCore
import VMIRImage

extension Restorer {
  /// Restores a picture as `vmir-run` does: its kind, depth, alpha and chunks stay.
  ///
  /// - Parameters:
  ///   - picture: Of any size; grey pictures go through a colour network as three equal channels.
  ///   - options: Memory, tiling, test-time augmentation.
  ///   - progress: Called with the completed fraction, 0 to 1; throws `cancelled` to end the run.
  /// - Returns: A picture `scale` times as wide and high, built by `PictureAssembler`.
  /// - Throws: `picture`, `plan`, `memory`, and what `progress` throws.
  public func restore(
    _ picture: Picture, options: RestoreOptions = RestoreOptions(),
    progress: (Double) throws(RestoreError) -> Void = { _ in }
  ) throws(RestoreError) -> Picture {
    let schedule = try schedule(
      height: picture.height, width: picture.width, options: options,
      otherByteCount: pictureByteCount(
        height: picture.height, width: picture.width, hasAlpha: picture.kind.hasAlpha,
        sampleByteCount: picture.samples.count * picture.samples.bitDepth / 8, resultCount: 1))
    return try restore(picture, schedule, progress: progress)
  }

  /// Restores a picture: its kind, depth, alpha and chunks stay.
  ///
  /// RGB under zero alpha is filled in before the network runs
  /// (`Picture.fillingTransparentPixels`); grey pictures go through a colour network as three equal
  /// channels.
  ///
  /// - Parameters:
  ///   - picture: Of the size that `schedule` was made for.
  ///   - schedule: How it is cut.
  ///   - progress: Called with the completed fraction, 0 to 1; throws `cancelled` to end the run.
  /// - Returns: A picture `scale` times as wide and high, built by `PictureAssembler`.
  /// - Throws: `picture`, what `restore(_:_:progress:_:)` and `progress` throw.
  public func restore(
    _ picture: Picture, _ schedule: TileSchedule,
    progress: (Double) throws(RestoreError) -> Void = { _ in }
  ) throws(RestoreError) -> Picture {
    let visible = picture.fillingTransparentPixels()
    let source: PixelSource
    var assembler: PictureAssembler
    do throws(PictureError) {
      source = try PixelSource(visible, channels: inputChannels)
      assembler = try PictureAssembler(like: visible, scale: scale, channels: outputChannels)
    } catch {
      throw .picture(error.diagnostic)
    }
    try restore(source, schedule, progress: progress) { assembler.add($0) }
    do throws(PictureError) {
      return try assembler.finish()
    } catch {
      throw .picture(error.diagnostic)
    }
  }

  /// Bytes that a picture and its result take while it is restored, outside of the network.
  ///
  /// Its samples of `sampleByteCount` bytes, those of the result, `resultCount` times, and where
  /// there is alpha the samples with other colours, the means that these are made of, and alpha
  /// while it is enlarged. Saturates at `Int.max`.
  package func pictureByteCount(
    height: Int, width: Int, hasAlpha: Bool, sampleByteCount: Int, resultCount: Int
  ) -> Int {
    let alphaByteCount = hasAlpha ? checkedProduct([width, height, 4]) ?? .max : 0
    return byteTotal([
      [sampleByteCount, hasAlpha ? 2 : 1], [sampleByteCount, resultCount, scale, scale],
      [alphaByteCount, 2], [alphaByteCount, 2, scale, scale],
    ])
  }
}

/// The sum of the products; saturates at `Int.max`.
package func byteTotal(_ parts: [[Int]]) -> Int {
  var total = 0
  for part in parts {
    total = checkedProduct(part).flatMap { checkedSum(total, $0) } ?? .max
  }
  return total
}
