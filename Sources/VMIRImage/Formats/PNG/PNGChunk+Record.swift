import VMIRCore

extension PNGChunk {
  /// A text chunk `vmir` that holds a record, two hexadecimal digits a byte.
  package init(_ record: ResultRecord) {
    self.init(.tEXt, ResultRecord.textKeyword + record.text)
  }

  /// Whether it is a text chunk for a record, readable or not.
  var isRecord: Bool { kind == .tEXt && data.starts(with: ResultRecord.textKeyword) }
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
      if name == Kind.tEXt.rawValue, length == ResultRecord.textByteCount,
        let record = ResultRecord(text: try file.read(count: length, at: offset + 8))
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
