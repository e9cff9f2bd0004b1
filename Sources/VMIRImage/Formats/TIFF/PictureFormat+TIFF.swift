import CTIFF
import VMIRCore

extension PictureFormat {
  /// TIFF 6.0 and BigTIFF, the first page: read by libtiff, written in strips of Deflate with 8 or
  /// 16 bits a sample.
  static let tiff: PictureFormat = PictureFormat(
    name: "TIFF", extensions: [".tif", ".tiff"], kind: .tiff,
    reader: PictureReader(
      header: { (bytes, limits) throws(PictureError) in try Picture.tiffHeader(bytes, limits) },
      decode: { (bytes, limits) throws(PictureError) in try Picture.decodeTIFF(bytes, limits) }),
    encoder: .tiff, findRecord: { (file) throws(FileError) in try TIFFWriter.findRecord(file) })
}

extension Picture {
  /// Reads the first page of a TIFF file: strips or tiles, channels together or apart, 1 to 16 bits,
  /// grey, palette, RGB, and YCbCr inside of JPEG, with alpha or without.
  ///
  /// - The orientation is applied to the pixels.
  /// - Kept, as the chunks that PNG has for them: the ICC profile, EXIF with the texts beside it,
  ///   the resolution, XMP, IPTC records.
  ///
  /// - Throws: `corrupt`, `unsupported`, `outOfMemory`, `sideTooLong`, `tooManyPixels`,
  ///   `fewerBytesThanPixels`.
  fileprivate static func decodeTIFF(
    _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits
  ) throws(PictureError) -> Picture {
    guard let reader = TIFFReader(bytes) else { throw .outOfMemory }
    let format = try reader.readHeader(limits)
    let kind = ColorKind(rawValue: Int(format.channels)) ?? .rgba
    let orientation = EXIFOrientation(stored: Int(format.orientation))
    let samples: PictureSamples =
      format.bit_depth == 16
      ? .sixteenBit(try reader.readPixels(format, orientation, zero: 0))
      : .eightBit(try reader.readPixels(format, orientation, zero: 0))
    var (chunks, notes) =
      TIFFStructure(bytes, limits: limits)?.metadata().chunks(for: kind, orientation) ?? ([], [])
    if let warning = reader.warning { notes.append("an entry is damaged: \(warning)") }
    if format.has_more_pages != 0 {
      notes.append("the file has several pages; only the first was read")
    }
    if format.dropped_channels > 0 {
      notes.append("\(format.dropped_channels) channels without a known meaning are left out")
    }
    return try Picture(
      .tiff, orientation.upright(Int(format.width), Int(format.height)), kind, samples, chunks,
      notes)
  }

  fileprivate static func tiffHeader(
    _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits
  ) throws(PictureError) -> PictureHeader {
    guard let reader = TIFFReader(bytes) else { throw .outOfMemory }
    let format = try reader.readHeader(limits)
    let sides = EXIFOrientation(stored: Int(format.orientation))
      .upright(Int(format.width), Int(format.height))
    // A block as it is stored and as it is unpacked.
    return PictureHeader(
      width: sides.width, height: sides.height,
      kind: ColorKind(rawValue: Int(format.channels)) ?? .rgba, bitDepth: Int(format.bit_depth),
      decodingByteCount: bytes.count + 2 * Int(format.block_byte_count))
  }
}
