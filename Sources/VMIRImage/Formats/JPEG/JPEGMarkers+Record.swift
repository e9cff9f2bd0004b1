import VMIRCore

extension JPEGMarkers {
  /// Segments that are looked at for a record.
  private static let recordSearchLimit = 1024

  /// The record of a JPEG file that ends as one does, in a comment before the pixels.
  static func findRecord(_ file: FileSource) throws(FileError) -> ResultRecord? {
    guard file.byteCount >= 4,
      try file.read(count: 2, at: file.byteCount - 2) == [0xFF, 0xD9]
    else { return nil }
    let (comment, scan): (UInt8, UInt8) = (0xFE, 0xDA)
    var offset = 2
    for _ in 0..<recordSearchLimit {
      guard offset <= file.byteCount - 4 else { return nil }
      let head = try file.read(count: 4, at: offset)
      let length = Int(head[2]) << 8 | Int(head[3])
      guard head[0] == 0xFF, head[1] != scan, length >= 2,
        length <= file.byteCount - offset - 2
      else { return nil }
      if head[1] == comment, length == 2 + ResultRecord.textByteCount,
        let record = ResultRecord(text: try file.read(count: length - 2, at: offset + 4))
      {
        return record
      }
      offset += 2 + length
    }
    return nil
  }
}
