/// Compression method.
package enum ZipMethod: Equatable, Sendable {
  /// As they are.
  case stored
  /// As a raw deflate stream.
  case deflated
  /// In a way that this reader does not know; the number is that of the ZIP specification.
  case other(UInt16)

  init(_ number: UInt16) {
    switch number {
    case 0: self = .stored
    case 8: self = .deflated
    default: self = .other(number)
    }
  }
}

/// A member, as the central directory describes it.
package struct ZipEntry: Equatable, Sendable {
  /// Full name; components are separated by `/`.
  package let name: String
  /// Compression method.
  package let method: ZipMethod
  /// Bytes of the content.
  package let byteCount: Int
  /// Bytes that the content takes in the archive.
  package let storedByteCount: Int
  /// CRC-32 of the content, or 0 where the writer left it out.
  package let crc32: UInt32
  /// Whether the entry is encrypted; such a member can't be read.
  package let isEncrypted: Bool

  /// Whether the entry stands for a folder and has no content.
  package var isDirectory: Bool { name.hasSuffix("/") }

  /// Name as it stands in the directory, to be compared with the one in the local header.
  let rawName: [UInt8]
  let flags: UInt16
  /// Offset of the local header in the source.
  let headerOffset: Int
  /// Offset at which the next local header or the directory starts; set once all are known.
  var endLimit = 0
}
