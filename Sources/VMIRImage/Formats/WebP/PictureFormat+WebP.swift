import CWebP
import VMIRCore

extension PictureFormat {
  /// WebP, still pictures: read with and without losses, written with losses below quality 100.
  static let webP: PictureFormat = PictureFormat(
    name: "WebP", extensions: [".webp"], kind: .webP,
    reader: PictureReader(
      header: { (bytes, limits) throws(PictureError) in try Picture.webPHeader(bytes, limits) },
      decode: { (bytes, limits) throws(PictureError) in try Picture.decodeWebP(bytes, limits) }),
    encoder: .webP, findRecord: { (file) throws(FileError) in try WebPChunks.findRecord(file) })
}

extension Picture {
  /// Reads a WebP file: RGB or RGBA of 8 bits, the EXIF orientation applied.
  ///
  /// Kept, as the chunks that PNG has for them: the ICC profile, EXIF and the resolution that it
  /// tells, XMP.
  ///
  /// - Throws: `corrupt`, `unsupported`, `sideTooLong`, `tooManyPixels`,
  ///   `fewerBytesThanPixels`.
  fileprivate static func decodeWebP(
    _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits
  ) throws(PictureError) -> Picture {
    var format = try webPFormat(bytes, limits)
    let kind: ColorKind = format.channels == 4 ? .rgba : .rgb
    let (width, height) = (Int(format.width), Int(format.height))
    var samples = [UInt8](repeating: 0, count: width * height * kind.channelCount)
    let reason = samples.withUnsafeMutableBufferPointer {
      cwebp_read_pixels(bytes.baseAddress, bytes.count, &format, $0.baseAddress, $0.count)
    }
    if let reason { throw webPDamage(reason) }
    let metadata = WebPChunks(bytes).metadata(bytes, limits)
    let orientation = metadata.exif.flatMap { EXIFOrientation($0) } ?? .upright
    let (chunks, notes) = metadata.chunks(for: kind, orientation)
    let turned = orientation.turned(
      samples, width: width, height: height, channels: kind.channelCount)
    return try Picture(
      .webP, orientation.upright(width, height), kind, .eightBit(turned), chunks, notes)
  }

  fileprivate static func webPHeader(
    _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits
  ) throws(PictureError) -> PictureHeader {
    let format = try webPFormat(bytes, limits)
    let (width, height) = (Int(format.width), Int(format.height))
    let orientation =
      WebPChunks(bytes).metadata(bytes, limits).exif.flatMap { EXIFOrientation($0) } ?? .upright
    // Four bytes a pixel while there are no losses, or a plane of alpha; the pixels once more where
    // they are turned.
    let decoding = format.is_lossless != 0 ? 4 : format.channels == 4 ? 2 : 0
    let turning = orientation.value == 1 ? 0 : Int(format.channels)
    let sides = orientation.upright(width, height)
    return PictureHeader(
      width: sides.width, height: sides.height,
      kind: format.channels == 4 ? .rgba : .rgb, bitDepth: 8,
      decodingByteCount: width * height * max(decoding, turning) + (4 << 20))
  }

  /// Pixels for a byte of the file from which on a picture of more than 2^26 is refused: WebP has no
  /// bound of its own, and a few bytes must not take gigabytes.
  private static let webPRatio = 4096

  private static func webPFormat(
    _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits
  ) throws(PictureError) -> cwebp_format {
    var format = cwebp_format()
    if let reason = cwebp_read_header(bytes.baseAddress, bytes.count, &format) {
      throw webPDamage(reason)
    }
    let (width, height) = (Int(format.width), Int(format.height))
    guard format.is_animated == 0 else {
      throw .unsupported(reason: "is an animated WebP, which is not supported; save a frame of it")
    }
    try limits.check(width: width, height: height)
    guard width * height <= max(1 << 26, bytes.count * webPRatio) else {
      throw .fewerBytesThanPixels(width: width, height: height, byteCount: bytes.count)
    }
    return format
  }

  private static func webPDamage(_ reason: UnsafePointer<CChar>) -> PictureError {
    .corrupt(
      format: PictureFormat.webP.name, reason: String(cString: reason), offset: 0, row: nil)
  }
}

extension EXIFOrientation {
  /// Samples of stored pixels, the right way up.
  func turned(_ samples: [UInt8], width: Int, height: Int, channels: Int) -> [UInt8] {
    guard value > 1 else { return samples }
    let place = placement(width, height, pixelSize: channels)
    var turned = [UInt8](repeating: 0, count: samples.count)
    for y in 0..<height {
      for x in 0..<width {
        let target = place.first + x * place.pixelStep + y * place.rowStep
        let source = (y * width + x) * channels
        for channel in 0..<channels { turned[target + channel] = samples[source + channel] }
      }
    }
    return turned
  }
}
