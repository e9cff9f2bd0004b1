import VMIRCore

/// Reads directories of a TIFF or BigTIFF structure: metadata alone, the pixels are libtiff's.
///
/// Whatever is malformed is left out.
struct TIFFStructure {
  private let bytes: UnsafeRawBufferPointer
  private let isBigEndian: Bool
  private let isBig: Bool
  private let limits: ImageLimits
  /// Offset of the first directory.
  let firstDirectory: Int

  /// Entries of a directory that are looked at.
  private static let entryLimit = 4096

  /// The structure that starts with `bytes`, which must outlive it; nil where it is none.
  init?(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) {
    guard bytes.count >= 16 || bytes.count >= 8 && bytes[2] != 43 && bytes[3] != 43 else {
      return nil
    }
    isBigEndian = bytes.starts(with: "MM".utf8)
    guard isBigEndian || bytes.starts(with: "II".utf8) else { return nil }
    self.bytes = bytes
    self.limits = limits
    func number(_ offset: Int, _ count: Int, _ isBigEndian: Bool) -> Int? {
      TIFFStructure.number(bytes, offset, count, isBigEndian)
    }
    switch number(2, 2, isBigEndian) {
    case 42: isBig = false
    case 43: isBig = true
    default: return nil
    }
    guard let first = isBig ? number(8, 8, isBigEndian) : number(4, 4, isBigEndian) else {
      return nil
    }
    firstDirectory = first
  }

  /// The directory at an offset, without those inside it, of the tags that are wanted.
  func directory(at offset: Int, where isWanted: (UInt16) -> Bool) -> TIFFDirectory {
    var directory = TIFFDirectory()
    let (countSize, entrySize, fieldSize) = isBig ? (8, 20, 8) : (2, 12, 4)
    guard let count = number(offset, countSize) else { return directory }
    var byteCount = 0
    for index in 0..<min(count, TIFFStructure.entryLimit) {
      let place = offset + countSize + index * entrySize
      guard let tag = number(place, 2), let type = number(place + 2, 2),
        let valueCount = number(place + 4, fieldSize)
      else { break }
      guard isWanted(UInt16(tag)), directory.entry(UInt16(tag)) == nil,
        let size = TIFFEntry.byteCount(UInt16(type)), valueCount > 0,
        valueCount <= limits.chunkByteCount / size,
        let content = content(place + 4 + fieldSize, valueCount * size, fieldSize)
      else { continue }
      byteCount += content.count
      guard byteCount <= limits.chunkByteCount else { break }
      directory.entries.append(
        TIFFEntry(
          tag: UInt16(tag), type: UInt16(type), count: valueCount,
          data: littleEndian(content, TIFFEntry.partByteCount(UInt16(type)))))
    }
    return directory
  }

  /// The bytes of an entry's values: in the entry, or where it says.
  private func content(
    _ place: Int, _ byteCount: Int, _ fieldSize: Int
  ) -> UnsafeRawBufferPointer? {
    var start = place
    if byteCount > fieldSize {
      guard let offset = number(place, fieldSize) else { return nil }
      start = offset
    }
    guard start <= bytes.count, byteCount <= bytes.count - start else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<start + byteCount])
  }

  private func littleEndian(_ content: UnsafeRawBufferPointer, _ size: Int) -> [UInt8] {
    guard isBigEndian, size > 1 else { return [UInt8](content) }
    return (0..<content.count).map { content[$0 - $0 % size + size - 1 - $0 % size] }
  }

  private func number(_ offset: Int, _ count: Int) -> Int? {
    TIFFStructure.number(bytes, offset, count, isBigEndian)
  }

  private static func number(
    _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ count: Int, _ isBigEndian: Bool
  ) -> Int? {
    guard offset >= 0, bytes.count >= count, offset <= bytes.count - count else { return nil }
    let field = bytes[offset..<offset + count]
    let value =
      isBigEndian
      ? field.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      : field.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(exactly: value)
  }
}
