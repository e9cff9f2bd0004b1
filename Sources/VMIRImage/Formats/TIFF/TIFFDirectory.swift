import VMIRCore

/// An entry of a TIFF directory, its values in little-endian order.
struct TIFFEntry {
  let tag: UInt16
  /// 1 BYTE, 2 ASCII, 3 SHORT, 4 LONG, 5 RATIONAL, 7 UNDEFINED, and so on.
  let type: UInt16
  /// Values, not bytes.
  let count: Int
  let data: [UInt8]

  /// An entry from its parts.
  init(tag: UInt16, type: UInt16, count: Int, data: [UInt8]) {
    (self.tag, self.type, self.count, self.data) = (tag, type, count, data)
  }

  /// SHORT values.
  init(_ tag: UInt16, shorts: [Int]) {
    self.init(
      tag: tag, type: 3, count: shorts.count,
      data: shorts.flatMap { littleEndianBytes(UInt64($0), 2) })
  }

  /// LONG values.
  init(_ tag: UInt16, longs: [Int]) {
    self.init(
      tag: tag, type: 4, count: longs.count,
      data: longs.flatMap { littleEndianBytes(UInt64($0), 4) })
  }

  /// A RATIONAL value; where the numerator takes more than 32 bits, to fewer digits.
  init(_ tag: UInt16, _ numerator: Int, over denominator: Int) {
    var (numerator, denominator) = (numerator, denominator)
    while numerator > 0xFFFF_FFFF, denominator >= 10 {
      numerator = (numerator + 5) / 10
      denominator /= 10
    }
    self.init(
      tag: tag, type: 5, count: 1,
      data: littleEndianBytes(UInt64(numerator), 4) + littleEndianBytes(UInt64(denominator), 4))
  }

  /// UNDEFINED bytes, or of type BYTE.
  init(_ tag: UInt16, bytes: [UInt8], type: UInt16 = 7) {
    self.init(tag: tag, type: type, count: bytes.count, data: bytes)
  }

  /// The value at an index, of types BYTE, SHORT and LONG.
  func number(_ index: Int = 0) -> Int? {
    let size = TIFFEntry.partByteCount(type)
    guard [1, 3, 4, 7, 13].contains(type), index >= 0, index < count,
      (index + 1) * size <= data.count
    else { return nil }
    return data[index * size..<(index + 1) * size].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// The first value of type RATIONAL.
  var rational: Double? {
    guard type == 5, data.count >= 8 else { return nil }
    func part(_ bytes: ArraySlice<UInt8>) -> Double {
      Double(bytes.reversed().reduce(0) { $0 << 8 | Int($1) })
    }
    let denominator = part(data[4..<8])
    return denominator == 0 ? nil : part(data[..<4]) / denominator
  }

  /// Bytes of a value of a type; nil for types that TIFF does not know.
  static func byteCount(_ type: UInt16) -> Int? {
    switch type {
    case 1, 2, 6, 7: 1
    case 3, 8: 2
    case 4, 9, 11, 13: 4
    case 5, 10, 12, 16, 17, 18: 8
    default: nil
    }
  }

  /// Bytes of the numbers that a value is made of, which byte order turns round.
  static func partByteCount(_ type: UInt16) -> Int {
    type == 5 || type == 10 ? 4 : byteCount(type) ?? 1
  }
}

/// A directory with those inside it, as it is written.
struct TIFFDirectory {
  var entries: [TIFFEntry] = []
  /// Directories, and the tags that lead to them.
  var children: [(tag: UInt16, directory: TIFFDirectory)] = []

  static let (exif, gps, interoperability): (UInt16, UInt16, UInt16) = (34665, 34853, 40965)

  /// Whether there is anything in it.
  var isEmpty: Bool { entries.isEmpty && children.isEmpty }

  /// The entry with a tag.
  func entry(_ tag: UInt16) -> TIFFEntry? { entries.first { $0.tag == tag } }

  /// The directory's bytes, little-endian, with its values and children behind it.
  ///
  /// - Parameter start: Where it stands in its file, an even offset.
  /// - Returns: The bytes, an even count.
  func bytes(at start: Int) -> [UInt8] {
    let tags = (entries.map { $0.tag } + children.map { $0.tag }).sorted()
    var table = littleEndianBytes(UInt64(tags.count), 2)
    let end = start + 2 + 12 * tags.count + 4
    var values: [UInt8] = []
    for tag in tags {
      if let entry = entry(tag) {
        table += littleEndianBytes(UInt64(tag), 2) + littleEndianBytes(UInt64(entry.type), 2)
        table += littleEndianBytes(UInt64(entry.count), 4)
        if entry.data.count <= 4 {
          table += entry.data + [UInt8](repeating: 0, count: 4 - entry.data.count)
        } else {
          table += littleEndianBytes(UInt64(end + values.count), 4)
          values += entry.data + (entry.data.count % 2 == 0 ? [] : [0])
        }
      } else if let child = children.first(where: { $0.tag == tag }) {
        table += littleEndianBytes(UInt64(tag), 2) + littleEndianBytes(4, 2)
        table += littleEndianBytes(1, 4) + littleEndianBytes(UInt64(end + values.count), 4)
        values += child.directory.bytes(at: end + values.count)
      }
    }
    return table + [0, 0, 0, 0] + values
  }

  /// A whole TIFF structure of the directory, as EXIF has it.
  var structure: [UInt8] { Array("II*\0".utf8) + [8, 0, 0, 0] + bytes(at: 8) }
}

/// The lowest bytes of a number, the lowest first.
func littleEndianBytes(_ value: UInt64, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
}
