import VMIRCore

/// The headers of a BMP file.
///
/// Source: Microsoft, Bitmap Storage and BITMAPV5HEADER; OS/2's headers of 12, 16 and 64 bytes.
struct BMPHeader {
  /// Pixels.
  let width: Int
  /// Pixels.
  let height: Int
  /// Whether the first row of the file is the highest.
  let isTopDown: Bool
  /// 1, 4, 8, 16, 24 or 32.
  let bitCount: Int
  /// Whether the pixels are runs of colours (RLE8, RLE4).
  let hasRuns: Bool
  /// Where the pixels start.
  let pixelOffset: Int
  /// Bits of red, green, blue and alpha in a pixel of 16 or 32 bits; alpha's may be 0.
  let masks: [UInt32]
  /// Red, green and blue of each colour of a palette.
  let palette: [[UInt8]]
  /// Pixels per metre.
  let density: (x: UInt32, y: UInt32)?
  /// An ICC profile that is in the file.
  let profile: Range<Int>?

  /// Bytes of a row, a multiple of four.
  var rowByteCount: Int { (width * bitCount + 31) / 32 * 4 }

  /// Reads the headers and checks them against the limits.
  ///
  /// - Throws: `corrupt`, `unsupported`, `sideTooLong`, `tooManyPixels`, `fewerBytesThanPixels`.
  init(_ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits) throws(PictureError) {
    let fields = BMPFields(bytes)
    let headerByteCount = try fields.number(14, 4)
    let isCore = headerByteCount == 12
    guard isCore || (16...1024).contains(headerByteCount) else {
      throw fields.damage("its header has \(headerByteCount) bytes", at: 14)
    }
    // A header of OS/2 may end before later fields, which are 0 then.
    func field(_ offset: Int, _ count: Int) throws(PictureError) -> Int {
      offset - 14 + count <= headerByteCount ? try fields.number(offset, count) : 0
    }
    width = isCore ? try fields.number(18, 2) : try fields.signed(18)
    let storedHeight = isCore ? try fields.number(20, 2) : try fields.signed(22)
    (height, isTopDown) = (abs(storedHeight), storedHeight < 0)
    bitCount = try fields.number(isCore ? 24 : 28, 2)
    let compression = isCore ? 0 : try field(30, 4)
    guard width > 0, height > 0 else { throw fields.damage("it has no pixels", at: 18) }
    try limits.check(width: width, height: height)
    try BMPHeader.checkKind(compression, bitCount, fields)
    hasRuns = compression == 1 || compression == 2
    pixelOffset = try fields.number(10, 4)
    let end = 14 + headerByteCount
    var paletteStart = end
    if compression == 3 || compression == 6 {
      // In the header from 52 bytes on, else behind it.
      let count = headerByteCount >= 56 || compression == 6 ? 4 : 3
      var masks: [UInt32] = []
      for index in 0..<count { masks.append(UInt32(try fields.number(54 + 4 * index, 4))) }
      if count == 3 { masks.append(0) }
      self.masks = masks
      paletteStart = max(end, 54 + 4 * count)
    } else {
      masks = bitCount == 16 ? [0x7C00, 0x03E0, 0x1F, 0] : [0xFF0000, 0xFF00, 0xFF, 0]
    }
    palette = try BMPHeader.palette(
      fields, at: paletteStart, entryByteCount: isCore ? 3 : 4, bitCount: bitCount,
      count: try field(46, 4))
    density = try BMPHeader.density(try field(38, 4), try field(42, 4))
    profile = try BMPHeader.profile(fields, headerByteCount, limits)
    guard pixelOffset >= end, pixelOffset <= bytes.count else {
      throw fields.damage("its pixels start at \(pixelOffset)", at: 10)
    }
    // A run may be long, and what none covers needs no bytes.
    let isPresent =
      hasRuns
      ? width * height <= max(1 << 26, bytes.count * BMPRuns.pixelsPerByte)
      : rowByteCount <= (bytes.count - pixelOffset) / height
    guard isPresent else {
      throw .fewerBytesThanPixels(width: width, height: height, byteCount: bytes.count)
    }
  }

  private static func checkKind(
    _ compression: Int, _ bitCount: Int, _ fields: BMPFields
  ) throws(PictureError) {
    func unsupported(_ what: String) -> PictureError {
      .unsupported(reason: "is a BMP of a kind that is not supported: \(what)")
    }
    switch (compression, bitCount) {
    case (0, 1), (0, 4), (0, 8), (0, 16), (0, 24), (0, 32): break
    case (1, 8), (2, 4): break
    case (3, 16), (3, 32), (6, 16), (6, 32): break
    case (0, 2): throw unsupported("it has 2 bits a pixel")
    case (4, _): throw unsupported("it holds a JPEG")
    case (5, _): throw unsupported("it holds a PNG")
    case (11...13, _): throw unsupported("its colours are CMYK; convert it to RGB")
    default:
      throw fields.damage("it has compression \(compression) and \(bitCount) bits a pixel", at: 28)
    }
  }

  private static func palette(
    _ fields: BMPFields, at start: Int, entryByteCount: Int, bitCount: Int, count: Int
  ) throws(PictureError) -> [[UInt8]] {
    guard bitCount <= 8 else { return [] }
    let most = 1 << bitCount
    var palette: [[UInt8]] = []
    for index in 0..<(count == 0 ? most : min(count, most)) {
      let place = start + index * entryByteCount
      let color = try fields.number(place, 3)
      palette.append([color >> 16, color >> 8, color].map { UInt8(truncatingIfNeeded: $0) })
    }
    return palette
  }

  private static func density(_ x: Int, _ y: Int) throws(PictureError) -> (x: UInt32, y: UInt32)? {
    guard (1...0x7FFF_FFFF).contains(x), (1...0x7FFF_FFFF).contains(y) else { return nil }
    return (UInt32(x), UInt32(y))
  }

  /// The profile that a header of version 5 leads to.
  private static func profile(
    _ fields: BMPFields, _ headerByteCount: Int, _ limits: ImageLimits
  ) throws(PictureError) -> Range<Int>? {
    let embedded = 0x4D42_4544
    guard headerByteCount >= 124, try fields.number(70, 4) == embedded else { return nil }
    let (start, count) = (14 + (try fields.number(126, 4)), try fields.number(130, 4))
    guard count > 0, count <= limits.chunkByteCount, start <= fields.bytes.count,
      count <= fields.bytes.count - start
    else { return nil }
    return start..<start + count
  }
}

/// Little-endian fields of a BMP file.
struct BMPFields {
  let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// An unsigned number of 1 to 4 bytes.
  ///
  /// - Throws: `corrupt` where the file ends before.
  func number(_ offset: Int, _ count: Int) throws(PictureError) -> Int {
    guard bytes.count >= count, offset <= bytes.count - count else {
      throw damage("the file ends too early", at: bytes.count)
    }
    return bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// A signed number of 4 bytes.
  ///
  /// - Throws: `corrupt` where the file ends before.
  func signed(_ offset: Int) throws(PictureError) -> Int {
    Int(Int32(truncatingIfNeeded: try number(offset, 4)))
  }

  func damage(_ reason: String, at offset: Int) -> PictureError {
    .corrupt(format: PictureFormat.bmp.name, reason: reason, offset: offset, row: nil)
  }
}
