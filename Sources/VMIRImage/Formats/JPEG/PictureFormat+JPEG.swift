import CJPEG
import VMIRCore

extension PictureFormat {
  /// JPEG: baseline or progressive read, baseline written, which the static program leaves out.
  static let jpeg = PictureFormat(
    name: "JPEG", extensions: [".jpg", ".jpeg", ".jpe", ".jfif"], kind: .jpeg,
    reader: PictureReader(
      header: { (bytes, limits) throws(PictureError) in
        try Picture.jpegHeader(bytes, limits: limits)
      },
      decode: { (bytes, limits) throws(PictureError) in
        try Picture.decodeJPEG(bytes, limits: limits)
      }),
    encoder: jpegEncoder,
    findRecord: { (file) throws(FileError) in try JPEGMarkers.findRecord(file) })

  #if VMIR_EDGE
    private static var jpegEncoder: PictureEncoder? { nil }
  #else
    private static var jpegEncoder: PictureEncoder? { .jpeg }
  #endif
}

extension Picture {
  /// Reads a JPEG file: baseline or progressive, grey or three components, 8 bits a sample.
  ///
  /// - The EXIF orientation is applied to the pixels and reset in the EXIF data.
  /// - Kept, as the chunks that PNG has for them: the ICC profile, EXIF, the density of JFIF, XMP,
  ///   IPTC records.
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
    let orientation = markers.metadata.exif.flatMap { EXIFOrientation($0) } ?? .upright
    let samples = try reader.readPixels(format, orientation)
    let kind: ColorKind = format.channels == 1 ? .grey : .rgb
    var (chunks, notes) = markers.metadata.chunks(for: kind, orientation)
    if let warning = reader.warning { notes.append(warning) }
    return try Picture(
      .jpeg, orientation.upright(Int(format.width), Int(format.height)), kind,
      .eightBit(samples), chunks, notes)
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
      JPEGMarkers(bytes, limits: limits).metadata.exif.flatMap { EXIFOrientation($0) } ?? .upright
    let sides = orientation.upright(Int(format.width), Int(format.height))
    // Coefficients of 16 bits, in rows that are filled up to whole blocks.
    let coefficientCount =
      (sides.width + 32) * (sides.height + 32) * Int(format.channels)
    return PictureHeader(
      width: sides.width, height: sides.height, kind: format.channels == 1 ? .grey : .rgb,
      bitDepth: 8, decodingByteCount: format.is_buffered != 0 ? 2 * coefficientCount : 0)
  }
}
