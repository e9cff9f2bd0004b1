import VMIRCore
import VMIRImage
import VMIRRuntime

extension Restorer {
  /// Restores a picture: its kind, depth, alpha and chunks stay.
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
    let source: PixelSource
    var assembler: PictureAssembler
    do throws(PictureError) {
      source = try PixelSource(picture, channels: inputChannels)
      assembler = try PictureAssembler(like: picture, scale: scale, channels: outputChannels)
    } catch {
      throw .picture(error)
    }
    // Both pictures' samples, of which the assembler holds the result's twice while alpha is
    // enlarged.
    let sampleByteCount = picture.samples.count * picture.samples.bitDepth / 8
    let schedule = try schedule(
      height: picture.height, width: picture.width, options: options,
      otherByteCount: checkedProduct([sampleByteCount, scale, scale, 2])
        .flatMap { checkedSum($0, sampleByteCount) } ?? .max)
    try restore(source, schedule, progress: progress) { assembler.add($0) }
    do throws(PictureError) {
      return try assembler.finish()
    } catch {
      throw .picture(error)
    }
  }
}
