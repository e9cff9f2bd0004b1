import CZlib
import VMIRCore

extension ZipArchive {
  /// Where the bytes of a member lie in the source, as they are kept there.
  ///
  /// Of a stored member this is the content, which may be read in pieces; nothing then checks its
  /// CRC-32 (`verify` does).
  ///
  /// - Throws: What `check(_:)` throws; `badLocalHeader`, `nameMismatch`, `headerMismatch`,
  ///   `outside`, `file`.
  package func dataRange(of entry: ZipEntry) throws(ZipError) -> Range<Int> {
    try check(entry)
    // The fixed part of the header fits: this was checked on opening.
    let count = ZipArchive.localHeaderByteCount + entry.rawName.count
    let available = min(count, entry.endLimit - entry.headerOffset)
    let header = Fields(
      bytes: try wrapped { () throws(FileError) in
        try source.read(count: available, at: entry.headerOffset)
      })
    guard header.u32(0) == 0x0403_4B50 else {
      throw .badLocalHeader(name: entry.name, offset: entry.headerOffset)
    }
    let localName = header.bytes[ZipArchive.localHeaderByteCount...]
    guard Int(header.u16(26)) == entry.rawName.count, localName.elementsEqual(entry.rawName) else {
      let shown = localName.prefix(Int(header.u16(26)))
      throw .nameMismatch(name: entry.name, local: String(decoding: shown, as: UTF8.self))
    }
    try checkFields(of: entry, against: header)
    let start = entry.headerOffset + count + Int(header.u16(28))
    guard start <= entry.endLimit, entry.storedByteCount <= entry.endLimit - start else {
      throw .outside(name: entry.name)
    }
    return start..<start + entry.storedByteCount
  }

  private func checkFields(of entry: ZipEntry, against header: Fields) throws(ZipError) {
    let flags = header.u16(6)
    guard ZipMethod(header.u16(8)) == entry.method, flags & 0x2041 == 0 else {
      throw .headerMismatch(name: entry.name)
    }
    // With a data descriptor (bit 3) the sizes are known only from the directory.
    guard flags & 8 == 0 else { return }
    for (local, central) in [
      (header.u32(18), entry.storedByteCount), (header.u32(22), entry.byteCount),
    ] where local != 0xFFFF_FFFF && Int(local) != central {
      throw .headerMismatch(name: entry.name)
    }
  }

  /// Reads the content of a member and checks its CRC-32 where one is given.
  ///
  /// - Throws: What `dataRange(of:)` throws, before anything is allocated; `badDeflate`,
  ///   `sizeMismatch`, `checksumMismatch`.
  package func read(_ entry: ZipEntry) throws(ZipError) -> [UInt8] {
    try check(entry)
    var failure: ZipError?
    let bytes = [UInt8](unsafeUninitializedCapacity: entry.byteCount) { target, count in
      do throws(ZipError) {
        let target = UnsafeMutableBufferPointer(rebasing: target[..<entry.byteCount])
        try read(entry, into: UnsafeMutableRawBufferPointer(target))
        count = entry.byteCount
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Fills `target`, which has `entry.byteCount` bytes, with the content of a member and checks
  /// its CRC-32 where one is given.
  ///
  /// - Throws: As `read(_:)`; `sizeMismatch` also where `target` has another size.
  package func read(
    _ entry: ZipEntry, into target: UnsafeMutableRawBufferPointer
  ) throws(ZipError) {
    guard target.count == entry.byteCount else {
      throw .sizeMismatch(name: entry.name, declared: entry.byteCount)
    }
    let range = try dataRange(of: entry)
    var checksum = Checksum()
    if entry.method == .stored {
      for start in stride(from: 0, to: target.count, by: ZipArchive.pieceByteCount) {
        let end = min(start + ZipArchive.pieceByteCount, target.count)
        let piece = UnsafeMutableRawBufferPointer(rebasing: target[start..<end])
        try wrapped { () throws(FileError) in
          try source.read(into: piece, at: range.lowerBound + start)
        }
        if entry.crc32 != 0 { checksum.update(UnsafeRawBufferPointer(piece)) }
      }
    } else {
      try inflate(entry, range, into: target)
      if entry.crc32 != 0 { checksum.update(UnsafeRawBufferPointer(target)) }
    }
    try check(checksum, of: entry)
  }

  /// Checks the CRC-32 of a member, where one is given, without keeping its content.
  ///
  /// - Throws: As `read(_:)`.
  package func verify(_ entry: ZipEntry) throws(ZipError) {
    guard entry.method == .stored else {
      _ = try read(entry)
      return
    }
    let range = try dataRange(of: entry)
    guard entry.crc32 != 0 else { return }
    var checksum = Checksum()
    var start = range.lowerBound
    while start < range.upperBound {
      let count = min(ZipArchive.pieceByteCount, range.upperBound - start)
      let piece = try wrapped { () throws(FileError) in try source.read(count: count, at: start) }
      piece.withUnsafeBytes { checksum.update($0) }
      start += count
    }
    try check(checksum, of: entry)
  }

  private func check(_ checksum: Checksum, of entry: ZipEntry) throws(ZipError) {
    guard entry.crc32 == 0 || checksum.value == entry.crc32 else {
      throw .checksumMismatch(name: entry.name, expected: entry.crc32, found: checksum.value)
    }
  }

  /// Checks what can be told of a member from the directory: that it may be read, and how large
  /// it may be.
  ///
  /// - Throws: `encrypted`, `unknownMethod`, `tooLarge`, `sizeMismatch`, `impossibleSize`.
  package func check(_ entry: ZipEntry) throws(ZipError) {
    guard !entry.isEncrypted else { throw .encrypted(name: entry.name) }
    let limit = entry.method == .stored ? limits.memberByteCount : limits.inflatedByteCount
    guard entry.byteCount <= limit else {
      throw .tooLarge(name: entry.name, byteCount: entry.byteCount, limit: limit)
    }
    switch entry.method {
    case .stored:
      guard entry.byteCount == entry.storedByteCount else {
        throw .sizeMismatch(name: entry.name, declared: entry.byteCount)
      }
    case .deflated:
      guard entry.byteCount / ZipArchive.maximumRatio <= entry.storedByteCount else {
        throw .impossibleSize(
          name: entry.name, byteCount: entry.byteCount, storedByteCount: entry.storedByteCount)
      }
    case .other(let method):
      throw .unknownMethod(name: entry.name, method: method)
    }
  }

  /// Deflate can't do better: 258 bytes from two bits.
  static let maximumRatio = 1032
  /// Small enough that a piece is still in the cache when its checksum is taken.
  private static let pieceByteCount = 1 << 18
}

/// CRC-32 of a stream of bytes.
private struct Checksum {
  private(set) var value: UInt32 = 0

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let typed = bytes.assumingMemoryBound(to: UInt8.self)
    value = UInt32(truncatingIfNeeded: crc32_z(uLong(value), typed.baseAddress, typed.count))
  }
}
