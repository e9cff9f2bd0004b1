import VMIRCore

/// Builds zip archives byte by byte, sound ones and others.
package struct ZipBuilder {
  /// A member; what is nil follows from the content.
  package struct Member {
    /// Name in both headers.
    package var name: [UInt8]
    /// Name in the local header, where it is to differ.
    package var localName: [UInt8]?
    /// Bytes as they stand in the archive.
    package var stored: [UInt8]
    /// Size of the content.
    package var byteCount: UInt64
    /// Stated size of `stored`.
    package var storedByteCount: UInt64
    /// CRC-32 of the content.
    package var crc32: UInt32
    /// Compression method.
    package var method: UInt16 = 0
    /// General purpose flags.
    package var flags: UInt16 = 0
    /// Extra field of the local header.
    package var localExtra: [UInt8] = []
    /// Offset of the local header, where it is to be wrong.
    package var headerOffset: UInt64?
    /// Whether sizes and offset are kept in a ZIP64 field.
    package var isZip64 = false

    /// A stored member.
    package init(_ name: String, _ content: [UInt8]) {
      self.name = Array(name.utf8)
      stored = content
      byteCount = UInt64(content.count)
      storedByteCount = byteCount
      crc32 = ZipBuilder.crc32(content)
    }

    /// A member whose deflate stream is one block of the bytes themselves, at most 65535.
    package static func deflated(_ name: String, _ content: [UInt8]) -> Member {
      var member = Member(name, content)
      var stream = ByteWriter()
      stream.write(UInt8(1))
      stream.write(UInt16(truncatingIfNeeded: content.count))
      stream.write(~UInt16(truncatingIfNeeded: content.count))
      stream.write(content)
      member.stored = stream.bytes
      member.storedByteCount = UInt64(stream.bytes.count)
      member.method = 8
      return member
    }

    /// The same member with some of its fields changed.
    package func with(_ change: (inout Member) -> Void) -> Member {
      var copy = self
      change(&copy)
      return copy
    }
  }

  /// The members, in order.
  package var members: [Member]
  /// Bytes before the first local header; offsets do not count them.
  package var prefix: [UInt8] = []
  /// Bytes behind the end record.
  package var suffix: [UInt8] = []
  /// Comment of the archive.
  package var comment: [UInt8] = []
  /// Count of entries in the end record, where it is to be wrong.
  package var entryCount: UInt64?
  /// Size of the directory in the end record, where it is to be wrong.
  package var directoryByteCount: UInt64?
  /// Whether a ZIP64 end record and its locator are written.
  package var hasZip64End = false
  /// Whether the short end record has its fields saturated.
  package var isShortEndSaturated = false
  /// Number of this part in the end record.
  package var disk: UInt16 = 0

  /// An archive with these members.
  package init(_ members: [Member] = []) { self.members = members }

  /// The archive.
  package var bytes: [UInt8] {
    var out = ByteWriter()
    out.write(prefix)
    var offsets: [UInt64] = []
    for member in members {
      offsets.append(UInt64(out.bytes.count - prefix.count))
      writeLocal(member, to: &out)
    }
    let directoryOffset = UInt64(out.bytes.count - prefix.count)
    for (member, offset) in zip(members, offsets) {
      writeCentral(member, offset: member.headerOffset ?? offset, to: &out)
    }
    let end = UInt64(out.bytes.count - prefix.count)
    writeEnd(directoryOffset, directoryByteCount ?? end - directoryOffset, at: end, to: &out)
    out.write(suffix)
    return out.bytes
  }

  private func writeLocal(_ member: Member, to out: inout ByteWriter) {
    let isStreamed = member.flags & 8 != 0
    let name = member.localName ?? member.name
    out.write(UInt32(0x0403_4B50))
    out.write(UInt16(20))
    out.write(member.flags)
    out.write(member.method)
    out.write(UInt32(0))
    out.write(isStreamed ? 0 : member.crc32)
    out.write(isStreamed ? 0 : UInt32(clamping: member.storedByteCount))
    out.write(isStreamed ? 0 : UInt32(clamping: member.byteCount))
    out.write(UInt16(name.count))
    out.write(UInt16(member.localExtra.count))
    out.write(name)
    out.write(member.localExtra)
    out.write(member.stored)
    guard isStreamed else { return }
    out.write(UInt32(0x0807_4B50))
    out.write(member.crc32)
    out.write(UInt32(clamping: member.storedByteCount))
    out.write(UInt32(clamping: member.byteCount))
  }

  private func writeCentral(_ member: Member, offset: UInt64, to out: inout ByteWriter) {
    func short(_ value: UInt64) -> UInt32 { member.isZip64 ? .max : UInt32(clamping: value) }
    out.write(UInt32(0x0201_4B50))
    out.write(UInt16(20))
    out.write(UInt16(20))
    out.write(member.flags)
    out.write(member.method)
    out.write(UInt32(0))
    out.write(member.crc32)
    out.write(short(member.storedByteCount))
    out.write(short(member.byteCount))
    out.write(UInt16(member.name.count))
    out.write(UInt16(member.isZip64 ? 28 : 0))
    out.write(UInt16(0))
    out.write(UInt16(0))
    out.write(UInt16(0))
    out.write(UInt32(0))
    out.write(short(offset))
    out.write(member.name)
    guard member.isZip64 else { return }
    out.write(UInt16(1))
    out.write(UInt16(24))
    out.write(member.byteCount)
    out.write(member.storedByteCount)
    out.write(offset)
  }

  private func writeEnd(
    _ offset: UInt64, _ byteCount: UInt64, at end: UInt64, to out: inout ByteWriter
  ) {
    let count = entryCount ?? UInt64(members.count)
    if hasZip64End {
      out.write(UInt32(0x0606_4B50))
      out.write(UInt64(44))
      out.write(UInt32(0x001E_001E))
      out.write(UInt64(0))
      for value in [count, count, byteCount, offset] { out.write(value) }
      out.write(UInt32(0x0706_4B50))
      out.write(UInt32(0))
      out.write(end)
      out.write(UInt32(1))
    }
    out.write(UInt32(0x0605_4B50))
    out.write(disk)
    out.write(disk)
    for _ in 0..<2 { out.write(isShortEndSaturated ? .max : UInt16(truncatingIfNeeded: count)) }
    for value in [byteCount, offset] {
      out.write(isShortEndSaturated ? .max : UInt32(clamping: value))
    }
    out.write(UInt16(comment.count))
    out.write(comment)
  }

  /// CRC-32 of bytes, bit by bit.
  package static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = ~0
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~value
  }
}
