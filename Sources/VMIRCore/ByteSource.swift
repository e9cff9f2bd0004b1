/// A random-access byte source: an open file, or memory.
package enum ByteSource: Sendable {
  /// A file, read when asked.
  case file(FileSource)
  /// Bytes that are already there.
  case memory([UInt8])

  /// Count of bytes.
  package var byteCount: Int {
    switch self {
    case .file(let file): file.byteCount
    case .memory(let bytes): bytes.count
    }
  }

  /// Fills `target` with the bytes at `offset`.
  ///
  /// - Throws: `changed` where fewer bytes are there, `cannotRead`.
  package func read(
    into target: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(FileError) {
    switch self {
    case .file(let file):
      try file.read(into: target, at: offset)
    case .memory(let bytes):
      guard offset >= 0, offset <= bytes.count, target.count <= bytes.count - offset else {
        throw .changed(offset: bytes.count)
      }
      bytes.withUnsafeBytes {
        target.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + target.count]))
      }
    }
  }

  /// The `count` bytes at `offset`; the caller has checked `count` against `byteCount`.
  ///
  /// - Throws: `changed` where fewer bytes are there, `cannotRead`.
  package func read(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    switch self {
    case .file(let file):
      return try file.read(count: count, at: offset)
    case .memory(let bytes):
      guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
        throw .changed(offset: bytes.count)
      }
      return Array(bytes[offset..<offset + count])
    }
  }
}
