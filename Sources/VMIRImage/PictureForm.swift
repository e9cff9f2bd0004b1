/// Size and form of a picture, without its pixels.
package struct PictureForm: Equatable, Sendable {
  /// Pixels, `1 ..< 2^31`.
  package let width: Int
  /// Pixels, `1 ..< 2^31`.
  package let height: Int
  /// Which channels there are.
  package let kind: ColorKind
  /// Bits of a sample, 8 or 16.
  package let bitDepth: Int

  /// A form from its parts.
  package init(width: Int, height: Int, kind: ColorKind, bitDepth: Int) {
    (self.width, self.height, self.kind, self.bitDepth) = (width, height, kind, bitDepth)
  }

  /// Bytes of a row of samples.
  package var rowByteCount: Int { width * kind.channelCount * (bitDepth / 8) }
}

extension Picture {
  /// Its size and form.
  package var form: PictureForm {
    PictureForm(width: width, height: height, kind: kind, bitDepth: samples.bitDepth)
  }
}
