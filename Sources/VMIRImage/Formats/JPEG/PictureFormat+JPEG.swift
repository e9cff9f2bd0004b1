import CJPEG
import CZlib
import VMIRCore

extension PictureFormat {
  /// JPEG, baseline or progressive; not written.
  static let jpeg = PictureFormat(
    name: "JPEG", extensions: [".jpg", ".jpeg", ".jpe", ".jfif"], kind: .jpeg,
    reader: PictureReader(
      header: { (bytes, limits) throws(PictureError) in
        try Picture.jpegHeader(bytes, limits: limits)
      },
      decode: { (bytes, limits) throws(PictureError) in
        try Picture.decodeJPEG(bytes, limits: limits)
      }),
    encode: nil)
}

extension Picture {
  /// Reads a JPEG file: baseline or progressive, grey or three components, 8 bits a sample.
  ///
  /// - The EXIF orientation is applied to the pixels and reset in the EXIF data.
  /// - Kept, as the chunks that PNG has for them: the ICC profile, EXIF, the density of JFIF.
  /// - Damage to the pixels that libjpeg only warns of is an error.
  ///
  /// - Throws: `corrupt`, `unsupported`, `sideTooLong`, `tooManyPixels`,
  ///   `fewerBytesThanPixels`.
  fileprivate static func decodeJPEG(
    _ bytes: UnsafeRawBufferPointer, limits: ImageLimits
  ) throws(PictureError) -> Picture {
    guard let reader = JPEGReader(bytes, limits: limits) else { throw .outOfMemory }
    let format = try reader.readHeader(limits)
    let markers = JPEGMarkers(bytes, limits: limits)
    let orientation = markers.exif.flatMap { EXIFOrientation($0) } ?? .upright
    let samples = try reader.readPixels(format, orientation)
    let kind: ColorKind = format.channels == 1 ? .grey : .rgb
    var (chunks, notes) = markers.chunks(for: kind, orientation)
    if let warning = reader.warning { notes.append(warning) }
    let sides = uprightSides(format, orientation)
    guard
      let picture = Picture(
        width: sides.width, height: sides.height, kind: kind, samples: .eightBit(samples),
        chunks: chunks, notes: notes)
    else {
      throw .corrupt(
        format: PictureFormat.jpeg.name, reason: "the picture has no pixels", offset: 0, row: nil)
    }
    return picture
  }

  /// The header of a JPEG file, checked as `decodeJPEG` checks it.
  ///
  /// - Throws: What `decodeJPEG` throws before it reads pixels.
  fileprivate static func jpegHeader(
    _ bytes: UnsafeRawBufferPointer, limits: ImageLimits
  ) throws(PictureError) -> PictureHeader {
    guard let reader = JPEGReader(bytes, limits: limits) else { throw .outOfMemory }
    let format = try reader.readHeader(limits)
    let orientation =
      JPEGMarkers(bytes, limits: limits).exif.flatMap { EXIFOrientation($0) } ?? .upright
    let sides = uprightSides(format, orientation)
    // Coefficients of 16 bits, in rows that are filled up to whole blocks.
    let coefficientCount =
      (sides.width + 32) * (sides.height + 32) * Int(format.channels)
    return PictureHeader(
      width: sides.width, height: sides.height, kind: format.channels == 1 ? .grey : .rgb,
      bitDepth: 8, decodingByteCount: format.is_buffered != 0 ? 2 * coefficientCount : 0)
  }

  private static func uprightSides(
    _ format: cjpeg_format, _ orientation: EXIFOrientation
  ) -> (width: Int, height: Int) {
    let (width, height) = (Int(format.width), Int(format.height))
    return orientation.isTransposed ? (height, width) : (width, height)
  }
}

extension JPEGMarkers {
  /// The chunks of a PNG file that say the same, and what was left out.
  fileprivate func chunks(
    for kind: ColorKind, _ orientation: EXIFOrientation
  ) -> (chunks: [PNGChunk], notes: [String]) {
    var chunks: [PNGChunk] = []
    var notes = notes
    if let profile {
      if let chunk = PNGChunk(profile: profile, for: kind) {
        chunks.append(chunk)
      } else {
        notes.append("the colour profile does not suit the picture: left out")
      }
    }
    if let density {
      let (x, y) = orientation.isTransposed ? (density.y, density.x) : (density.x, density.y)
      chunks.append(PNGChunk(.pHYs, bigEndianBytes(x) + bigEndianBytes(y) + [1]))
    }
    if let exif {
      if EXIFOrientation(exif) != nil {
        chunks.append(PNGChunk(.eXIf, orientation.madeUpright(exif)))
      } else {
        notes.append("the EXIF data is malformed: left out")
      }
    }
    return (chunks, notes)
  }
}

extension PNGChunk {
  /// An `iCCP` chunk of an ICC profile; nil where the profile is none for pictures of this kind.
  fileprivate init?(profile: [UInt8], for kind: ColorKind) {
    let headerByteCount = 128
    let colorSpace = kind.colorCount == 1 ? "GRAY" : "RGB "
    guard profile.count >= headerByteCount, profile[36..<40].elementsEqual("acsp".utf8),
      profile[16..<20].elementsEqual(colorSpace.utf8)
    else { return nil }
    var count = compressBound(uLong(profile.count))
    var compressed = [UInt8](repeating: 0, count: Int(count))
    guard compress2(&compressed, &count, profile, uLong(profile.count), 9) == Z_OK else {
      return nil
    }
    // A name, its end, and the only method that there is.
    self.init(.iCCP, Array("ICC profile".utf8) + [0, 0] + compressed.prefix(Int(count)))
  }
}
