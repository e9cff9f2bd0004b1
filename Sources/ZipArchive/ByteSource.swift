import VMIRCore

/// Bytes that are read at any offset: an open file, or memory.
public enum ByteSource: Sendable {
  /// A file, read when asked.
  case file(FileSource)
  /// Bytes that are already there.
  case memory([UInt8])

  /// Count of bytes.
  public var byteCount: Int {
    switch self {
    case .file(let file): file.byteCount
    case .memory(let bytes): bytes.count
    }
  }

  /// Fills `target` with the bytes at `offset`.
  ///
  /// - Throws: `changed` where fewer bytes are there, `cannotRead`.
  public func read(
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
  public func read(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
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

/// Text from an untrusted file, made fit for one line: control characters escaped, long text cut.
package func printable(_ text: some StringProtocol, limit: Int = 120) -> String {
  var shown = ""
  var count = 0
  for scalar in text.unicodeScalars {
    guard count < limit else { return shown + "..." }
    count += 1
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned:
      shown += scalar.escaped(asASCII: true)
    default:
      shown.unicodeScalars.append(scalar)
    }
  }
  return shown
}

/// Little-endian fields at fixed places in bytes whose count was checked before.
struct Fields {
  let bytes: [UInt8]

  func integer<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
    bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
  }

  func u16(_ offset: Int) -> UInt16 { integer(UInt16.self, at: offset) }
  func u32(_ offset: Int) -> UInt32 { integer(UInt32.self, at: offset) }
  func u64(_ offset: Int) -> UInt64 { integer(UInt64.self, at: offset) }
}
