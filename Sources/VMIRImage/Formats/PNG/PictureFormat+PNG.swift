import CPNG
import VMIRCore

extension PictureFormat {
  /// Portable Network Graphics, third edition: read in all forms, written with 8 or 16 bits a
  /// sample.
  static let png = PictureFormat(
    name: "PNG", extensions: [".png"], kind: .png,
    reader: PictureReader(
      header: { (bytes, limits) throws(PictureError) in try Picture.pngHeader(bytes, limits) },
      decode: { (bytes, limits) throws(PictureError) in try Picture.decodePNG(bytes, limits) }),
    encoder: PictureEncoder(
      sideLimit: (1 << 31) - 1, bitDepthLimit: 16, hasAlpha: true, defaultQuality: nil,
      byteCount: { form, options in PNGWriter.byteCount(form, threadCount: options.threadCount) },
      start: { (form, chunks, record, options) throws(PictureError) in
        let writer = try PNGWriter(
          form, chunks: chunks + (record.map { [PNGChunk($0)] } ?? []),
          threadCount: options.threadCount)
        return StartedFile(
          add: { (rows) throws(PictureError) in try writer.add(rows) },
          take: { body in writer.take(body) })
      }),
    findRecord: { (file) throws(FileError) in try PNGChunk.findRecord(file) },
    nearMiss: { Picture.pngNearMiss($0) })
}

extension Picture {
  fileprivate static func decodePNG(
    _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits
  ) throws(PictureError) -> Picture {
    let reader = try openPNG(bytes, limits)
    let format = try reader.readHeader()
    let (width, height) = (Int(format.width), Int(format.height))
    try check(format, byteCount: bytes.count, limits)
    let kind = ColorKind(rawValue: Int(format.channels)) ?? .rgba
    let sampleCount = width * height * kind.channelCount
    let samples: PictureSamples
    if format.bit_depth == 16 {
      samples = .sixteenBit(try reader.readPixels(sampleCount: sampleCount, zero: 0))
    } else {
      samples = .eightBit(try reader.readPixels(sampleCount: sampleCount, zero: 0))
    }
    let (chunks, notes) = reader.keptChunks()
    return try Picture(.png, (width, height), kind, samples, chunks, notes, offset: 16)
  }

  fileprivate static func pngHeader(
    _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits
  ) throws(PictureError) -> PictureHeader {
    let reader = try openPNG(bytes, limits)
    let format = try reader.readHeader()
    try check(format, byteCount: bytes.count, limits)
    return PictureHeader(
      width: Int(format.width), height: Int(format.height),
      kind: ColorKind(rawValue: Int(format.channels)) ?? .rgba,
      bitDepth: Int(format.bit_depth), decodingByteCount: 0)
  }

  private static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// What is wrong with the signature of a file that nearly has it.
  fileprivate static func pngNearMiss(_ bytes: UnsafeRawBufferPointer) -> PictureError? {
    guard !bytes.starts(with: pngSignature) else { return nil }
    if pngSignature.starts(with: bytes) {
      return .corrupt(
        format: PictureFormat.png.name, reason: "the file ends too early", offset: bytes.count,
        row: nil)
    }
    let hasName = bytes.count >= 4 && bytes[1...3].elementsEqual(pngSignature[1...3])
    return hasName ? .signatureDamaged : nil
  }

  private static func openPNG(
    _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits
  ) throws(PictureError) -> PNGReader {
    if let error = pngNearMiss(bytes) { throw error }
    guard let reader = PNGReader(bytes, limits: limits) else { throw .outOfMemory }
    return reader
  }

  /// The limits, and that the file can hold the pixels at the best ratio that DEFLATE has.
  private static func check(
    _ format: cpng_format, byteCount: Int, _ limits: ImageLimits
  ) throws(PictureError) {
    let (width, height) = (Int(format.width), Int(format.height))
    try limits.check(width: width, height: height)
    let deflateRatio = 1032
    let bitCount = checkedProduct([width, height, Int(format.stored_pixel_bits)])
    let mostBits = checkedProduct([byteCount, deflateRatio, 8])
    guard let bitCount, let mostBits, bitCount <= mostBits else {
      throw .fewerBytesThanPixels(width: width, height: height, byteCount: byteCount)
    }
  }
}
