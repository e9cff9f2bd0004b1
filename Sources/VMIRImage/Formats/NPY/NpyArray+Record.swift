import VMIRCore

// A header ends in blanks, which no reader minds: a blank for a 0 and a tab for a 1, the highest
// bit of each byte first, up to the line feed.
extension NpyArray {
  /// The end of a header that holds a record.
  static func blanks(for record: ResultRecord) -> [UInt8] {
    record.bytes.flatMap { byte in
      (0..<8).map { byte << $0 & 0x80 == 0 ? UInt8(ascii: " ") : UInt8(ascii: "\t") }
    }
  }

  /// The record of an array's file that has the bytes of all its elements.
  static func findRecord(_ file: FileSource) throws(FileError) -> ResultRecord? {
    let prefixCount = NpyHeader.magic.count + 4
    guard file.byteCount >= prefixCount else { return nil }
    let prefix = try file.read(count: prefixCount, at: 0)
    guard prefix[6] == 1, prefix[7] == 0 else { return nil }
    let textCount = Int(prefix[8]) | Int(prefix[9]) << 8
    let blankCount = 8 * ResultRecord.byteCount
    guard textCount > blankCount, file.byteCount >= prefixCount + textCount else { return nil }
    let text = try file.read(count: textCount, at: prefixCount)
    var parser = NpyHeaderParser(
      text, base: prefixCount, dimensionLimit: NpyLimits().dimensionCount)
    guard let header = try? parser.header(), let count = checkedProduct(header.shape),
      checkedProduct([count, header.element.byteCount]) == file.byteCount - prefixCount - textCount
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: ResultRecord.byteCount)
    for (index, blank) in text.dropLast().suffix(blankCount).enumerated() {
      guard blank == UInt8(ascii: " ") || blank == UInt8(ascii: "\t") else { return nil }
      if blank == UInt8(ascii: "\t") { bytes[index / 8] |= 0x80 >> UInt8(index % 8) }
    }
    return ResultRecord(bytes: bytes)
  }
}
