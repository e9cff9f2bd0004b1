import VMIRCore

extension PNGChunk {
  /// Keyword of the text chunk that a record stands in, and the zero behind it.
  private static let recordKeyword: [UInt8] = Array("vmir".utf8) + [0]
  private static let digits = Array("0123456789abcdef".utf8)

  /// A text chunk `vmir` that holds a record, two hexadecimal digits a byte.
  package init(_ record: ResultRecord) {
    var data = PNGChunk.recordKeyword
    for byte in record.bytes {
      data += [PNGChunk.digits[Int(byte >> 4)], PNGChunk.digits[Int(byte & 15)]]
    }
    self.init(.tEXt, data)
  }

  /// Whether it is a text chunk for a record, readable or not.
  var isRecord: Bool { kind == .tEXt && data.starts(with: PNGChunk.recordKeyword) }

  /// The record that the data of a text chunk holds.
  fileprivate static func record(_ data: [UInt8]) -> ResultRecord? {
    guard data.starts(with: recordKeyword) else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in data.dropFirst(recordKeyword.count) {
      guard let value = digits.firstIndex(of: digit) else { return nil }
      if let first = high {
        bytes.append(first << 4 | UInt8(value))
        high = nil
      } else {
        high = UInt8(value)
      }
    }
    return high == nil ? ResultRecord(bytes: bytes) : nil
  }
}

extension Picture {
  /// The chunks that a picture made of this one has too: all but a record, which tells of this one.
  package var keptChunks: [PNGChunk] { chunks.filter { !$0.isRecord } }
}

extension PNGChunk {
  /// Chunks that are looked at for a record.
  private static let recordSearchLimit = 1024

  /// The record of a PNG file that ends as one does; its pixels are not looked at.
  static func findRecord(_ file: FileSource) throws(FileError) -> ResultRecord? {
    let end: [UInt8] = [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]
    var offset = 8
    guard file.byteCount >= offset + end.count,
      try file.read(count: end.count, at: file.byteCount - end.count) == end
    else { return nil }
    for _ in 0..<recordSearchLimit {
      guard offset <= file.byteCount - end.count else { return nil }
      let head = try file.read(count: 8, at: offset)
      let (length, name) = (number(head[..<4]), UInt32(number(head[4...])))
      guard length <= file.byteCount - offset - end.count, name != 0x4944_4154 else { return nil }
      if name == Kind.tEXt.rawValue, length == recordKeyword.count + 2 * ResultRecord.byteCount,
        let record = record(try file.read(count: length, at: offset + 8))
      {
        return record
      }
      offset += 12 + length
    }
    return nil
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 << 8 | Int($1) }
  }
}
