import VMIRCore
import VMIRImage
import VMIRRuntime

extension Restorer {
  /// Restores a picture as `vmir-run` does: its kind, depth, alpha and chunks stay.
  ///
  /// - Parameters:
  ///   - picture: Of any size; grey pictures go through a colour network as three equal channels.
  ///   - options: Memory, tiles, averaging over turns.
  ///   - progress: Called with the share of the work that is done, 0 to 1; may end it by throwing
  ///     `cancelled`.
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
}
