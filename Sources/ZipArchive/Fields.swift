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
