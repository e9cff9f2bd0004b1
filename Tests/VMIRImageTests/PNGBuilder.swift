import Testing
import VMIRImage

/// Takes PNG files apart and puts them together, with right checksums.
enum PNGBuilder {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// A chunk with its length and checksum.
  static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    return bigEndian(UInt32(data.count)) + body + bigEndian(crc32(body))
  }

  /// Name and data of the chunks of a sound file.
  static func chunks(of file: [UInt8]) -> [(name: String, data: [UInt8])] {
    var position = 8
    var chunks: [(String, [UInt8])] = []
    while position + 12 <= file.count {
      let count = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let name = String(decoding: file[position + 4..<position + 8], as: UTF8.self)
      chunks.append((name, Array(file[position + 8..<position + 8 + count])))
      position += 12 + count
    }
    return chunks
  }

  /// A file from chunks.
  static func file(_ chunks: [(name: String, data: [UInt8])]) -> [UInt8] {
    signature + chunks.flatMap { chunk($0.name, $0.data) }
  }

  /// `file` with chunks put in before the first `IDAT`.
  static func file(_ file: [UInt8], adding added: [(name: String, data: [UInt8])]) -> [UInt8] {
    var all = chunks(of: file)
    let position = all.firstIndex { $0.name == "IDAT" } ?? all.endIndex
    all.insert(contentsOf: added, at: position)
    return self.file(all)
  }

  static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
}
