import VMIRCore
import VMIRImage

extension Picture {
  /// The picture that a network made of `source`, as `PictureAssembler` builds it.
  ///
  /// - Parameters:
  ///   - restored: `[H * scale, W * scale, 3]`, or with 1 channel for brightness.
  ///   - source: The picture that went into the network.
  ///   - scale: Enlargement of the network, 1 or more.
  ///   - limits: Of the restored picture.
  /// - Throws: `shapeMismatch`, `notFinite`, `tooManyPixels` beyond `limits`.
  package init(
    restored: FloatImage, like source: Picture, scale: Int, limits: ImageLimits = ImageLimits()
  ) throws(PictureError) {
    let channels = restored.channels == 1 ? 1 : 3
    var assembler = try PictureAssembler(
      like: source, scale: scale, channels: channels, limits: limits)
    let expected = [source.height * scale, source.width * scale, channels]
    guard restored.shape == expected else {
      throw .shapeMismatch(expected: expected, found: restored.shape)
    }
    let rowCount = restored.width * channels
    restored.pixels.withUnsafeBufferPointer { pixels in
      for start in stride(from: 0, to: pixels.count, by: rowCount) {
        assembler.add(UnsafeBufferPointer(rebasing: pixels[start..<start + rowCount]))
      }
    }
    self = try assembler.finish()
  }
}
