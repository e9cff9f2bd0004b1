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
    let visible = picture.spreadingVisibleColours()
    let source: PixelSource
    var assembler: PictureAssembler
    do throws(PictureError) {
      source = try PixelSource(visible, channels: inputChannels)
      assembler = try PictureAssembler(like: visible, scale: scale, channels: outputChannels)
    } catch {
      throw .picture(error)
    }
    let schedule = try schedule(
      height: picture.height, width: picture.width, options: options,
      otherByteCount: heldByteCount(picture))
    try restore(source, schedule, progress: progress) { assembler.add($0) }
    do throws(PictureError) {
      return try assembler.finish()
    } catch {
      throw .picture(error)
    }
  }

  /// Bytes that a picture and its result take; where there is alpha also the samples with other
  /// colours and the means that these are made of, and alpha while it is enlarged.
  private func heldByteCount(_ picture: Picture) -> Int {
    let sampleByteCount = picture.samples.count * picture.samples.bitDepth / 8
    let alphaByteCount = picture.kind.hasAlpha ? picture.width * picture.height * 4 : 0
    var total = 0
    for part in [
      [sampleByteCount, picture.kind.hasAlpha ? 2 : 1], [sampleByteCount, scale, scale],
      [alphaByteCount, 2], [alphaByteCount, 2, scale, scale],
    ] {
      total = checkedProduct(part).flatMap { checkedSum(total, $0) } ?? .max
    }
    return total
  }
}
