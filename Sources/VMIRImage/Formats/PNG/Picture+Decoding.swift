import CPNG
import VMIRCore

extension Picture {
  /// Reads a PNG file, or a JPEG file where the build reads those.
  ///
  /// Every chunk's checksum must be right, and the pixels must be there to the last. A JPEG is
  /// turned as its EXIF orientation says.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - limits: Checked before memory is allocated.
  /// - Returns: The picture, with 8 or 16 bits a sample.
  /// - Throws: `empty`, `notPNG`, `signatureDamaged`, `sideTooLong`, `tooManyPixels`,
  ///   `fewerBytesThanPixels`, `corrupt`, `corruptJPEG`, `unsupported`.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, limits: ImageLimits = ImageLimits()
  ) throws(PictureError) -> Picture {
    #if !VMIR_EDGE
      if JPEGReader.isStart(bytes) { return try decodeJPEG(bytes, limits: limits) }
    #endif
    try checkSignature(bytes)
    guard let reader = PNGReader(bytes, limits: limits) else {
      throw .unsupported(reason: "there is not enough memory to read the picture")
    }
    let format = try reader.readHeader()
    let (width, height) = (Int(format.width), Int(format.height))
    try check(format, byteCount: bytes.count, limits)
    let kind = ColourKind(rawValue: Int(format.channels)) ?? .rgba
    let sampleCount = width * height * kind.channelCount
    let samples: PictureSamples
    if format.bit_depth == 16 {
      samples = .sixteenBit(try reader.readPixels(sampleCount: sampleCount, zero: 0))
    } else {
      samples = .eightBit(try reader.readPixels(sampleCount: sampleCount, zero: 0))
    }
    let (chunks, notes) = reader.keptChunks()
    guard
      let picture = Picture(
        width: width, height: height, kind: kind, samples: samples, chunks: chunks, notes: notes)
    else { throw .corrupt(reason: "the picture has no pixels", offset: 16, row: nil) }
    return picture
  }

  /// Reads a picture's file; the same as for bytes in place.
  ///
  /// - Throws: As there.
  public static func decode(
    _ bytes: [UInt8], limits: ImageLimits = ImageLimits()
  ) throws(PictureError) -> Picture {
    let result: Result<Picture, PictureError> = bytes.withUnsafeBytes { raw in
      do throws(PictureError) {
        return .success(try decode(raw, limits: limits))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// What a picture's file says of it before the pixels, checked as `decode` checks it.
  ///
  /// - Throws: As `decode`, as far as the pixels don't matter.
  public static func header(
    _ bytes: [UInt8], limits: ImageLimits = ImageLimits()
  ) throws(PictureError) -> PictureHeader {
    let result: Result<PictureHeader, PictureError> = bytes.withUnsafeBytes { raw in
      do throws(PictureError) {
        #if !VMIR_EDGE
          if JPEGReader.isStart(raw) { return .success(try jpegHeader(raw, limits: limits)) }
        #endif
        try checkSignature(raw)
        guard let reader = PNGReader(raw, limits: limits) else {
          throw PictureError.unsupported(
            reason: "there is not enough memory to read the picture")
        }
        let format = try reader.readHeader()
        try check(format, byteCount: raw.count, limits)
        return .success(
          PictureHeader(
            width: Int(format.width), height: Int(format.height),
            kind: ColourKind(rawValue: Int(format.channels)) ?? .rgba,
            bitDepth: Int(format.bit_depth), decodingByteCount: 0))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  private static func checkSignature(_ bytes: UnsafeRawBufferPointer) throws(PictureError) {
    guard bytes.count > 0 else { throw .empty }
    guard !bytes.starts(with: signature) else { return }
    if signature.starts(with: bytes) {
      throw .corrupt(reason: "the file ends too early", offset: bytes.count, row: nil)
    }
    if bytes.count >= 4, bytes[1...3].elementsEqual(signature[1...3]) { throw .signatureDamaged }
    throw .notPNG(SniffedFormat(bytes))
  }

  /// The limits, and that the file can hold the pixels at the best ratio that DEFLATE has.
  private static func check(
    _ format: cpng_format, byteCount: Int, _ limits: ImageLimits
  ) throws(PictureError) {
    let (width, height) = (Int(format.width), Int(format.height))
    guard max(width, height) <= limits.sideLength else {
      throw .sideTooLong(width: width, height: height, limit: limits.sideLength)
    }
    guard width <= limits.pixelCount / height else {
      throw .tooManyPixels(width: width, height: height, limit: limits.pixelCount)
    }
    let deflateRatio = 1032
    let bitCount = checkedProduct([width, height, Int(format.stored_pixel_bits)])
    let mostBits = checkedProduct([byteCount, deflateRatio, 8])
    guard let bitCount, let mostBits, bitCount <= mostBits else {
      throw .fewerBytesThanPixels(width: width, height: height, byteCount: byteCount)
    }
  }
}
