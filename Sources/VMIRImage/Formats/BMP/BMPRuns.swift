/// Colours of a BMP that are stored as runs: RLE8, or RLE4 where a pixel has 4 bits.
///
/// Two bytes are a run of one colour, of two that alternate in RLE4; after a zero come the end of a
/// row, the end of the picture, a move to the right and to later rows, or colours one by one. What
/// no run covers has the colour 0, and what leads beyond the end of a row is left out.
///
/// Source: Microsoft, Bitmap Compression. As Pillow reads it.
struct BMPRuns {
  /// Pixels for a byte of the file from which on a picture of more than 2^26 is refused: two bytes
  /// are at most 255 pixels.
  static let pixelsPerByte = 128

  private let fields: BMPFields
  private let header: BMPHeader
  private var position: Int
  private var colors: [UInt8]
  private var x = 0
  private var row = 0

  /// The runs of a file with this header.
  init(_ bytes: UnsafeRawBufferPointer, _ header: BMPHeader) {
    fields = BMPFields(bytes)
    self.header = header
    position = header.pixelOffset
    colors = [UInt8](repeating: 0, count: header.width * header.height)
  }

  /// The place in the palette of each pixel, rows in the order of the file.
  ///
  /// - Throws: `corrupt` where the file ends before the picture, or the picture before the runs.
  consuming func indices() throws(PictureError) -> [UInt8] {
    let hasPairs = header.bitCount == 4
    while row < header.height {
      let (count, value) = (try next(), try next())
      switch (count, value) {
      case (0, 0): (x, row) = (0, row + 1)
      case (0, 1): return colors
      case (0, 2):
        let (right, later) = (try next(), try next())
        (x, row) = (x + right, row + later)
      case (0, _): try putSingles(value)
      default: put(count) { !hasPairs ? value : $0 % 2 == 0 ? value >> 4 : value & 15 }
      }
    }
    return colors
  }

  private mutating func next() throws(PictureError) -> Int {
    let byte = try fields.number(position, 1)
    position += 1
    return byte
  }

  /// Colours one by one, filled up to an even number of bytes.
  private mutating func putSingles(_ count: Int) throws(PictureError) {
    let start = position
    let byteCount = header.bitCount == 8 ? count : (count + 1) / 2
    // All of them are there.
    _ = try fields.number(start + byteCount - 1, 1)
    position += byteCount + byteCount % 2
    let (bytes, bitCount) = (fields.bytes, header.bitCount)
    put(count) { index in
      guard bitCount == 4 else { return Int(bytes[start + index]) }
      let pair = Int(bytes[start + index / 2])
      return index % 2 == 0 ? pair >> 4 : pair & 15
    }
  }

  private mutating func put(_ count: Int, _ color: (Int) -> Int) {
    for index in 0..<min(count, max(header.width - x, 0)) {
      colors[row * header.width + x + index] = UInt8(truncatingIfNeeded: color(index))
    }
    x += count
  }
}
