import VMIRCore

/// Where the central directory lies, from the records at the end of the archive.
struct ZipDirectory {
  /// Offset of the directory in the source.
  private(set) var offset: Int
  private var byteCount: Int
  /// Bytes before the archive; all offsets that it states are relative to this.
  private var base: Int
  private var entryCount: UInt64
  /// Only the low 16 bits of the count are stated.
  private var isCountShort: Bool

  private static let endByteCount = 22
  private static let zip64EndByteCount = 56
  private static let locatorByteCount = 20
  private static let directoryEntryByteCount = 46

  init(source: ByteSource, limits: ZipLimits) throws(ZipError) {
    let (endOffset, end) = try ZipDirectory.findEnd(source)
    var stated = Stated(
      disk: UInt32(end.u16(4)), directoryDisk: UInt32(end.u16(6)),
      entriesHere: UInt64(end.u16(8)), entries: UInt64(end.u16(10)),
      byteCount: UInt64(end.u32(12)), offset: UInt64(end.u32(16)))
    var directoryEnd = endOffset
    isCountShort = true
    if let (zip64Offset, zip64) = try ZipDirectory.findZip64End(source, before: endOffset) {
      guard zip64.isConsistent(withShort: stated) else { throw .endRecordsDisagree }
      (stated, directoryEnd, isCountShort) = (zip64, zip64Offset, false)
    }
    guard stated.disk == 0, stated.directoryDisk == 0, stated.entriesHere == stated.entries else {
      throw .severalDisks
    }
    let outside = ZipError.directoryOutside(offset: stated.offset, byteCount: stated.byteCount)
    guard stated.byteCount <= UInt64(directoryEnd),
      stated.offset <= UInt64(directoryEnd) - stated.byteCount
    else { throw outside }
    byteCount = Int(stated.byteCount)
    offset = directoryEnd - byteCount
    base = offset - Int(stated.offset)
    entryCount = stated.entries
    guard byteCount <= limits.directoryByteCount else {
      throw .directoryTooLarge(byteCount: byteCount, limit: limits.directoryByteCount)
    }
    guard entryCount <= UInt64(limits.entryCount) else {
      throw .tooManyEntries(count: entryCount, limit: limits.entryCount)
    }
  }

  // MARK: Records at the end

  private struct Stated {
    var disk: UInt32
    var directoryDisk: UInt32
    var entriesHere: UInt64
    var entries: UInt64
    var byteCount: UInt64
    var offset: UInt64

    /// Whether each field of the short record is either saturated or the same.
    func isConsistent(withShort short: Stated) -> Bool {
      func agree(_ a: UInt64, _ b: UInt64, _ saturated: UInt64) -> Bool { b == saturated || a == b }
      return agree(entries, short.entries, 0xFFFF)
        && agree(entriesHere, short.entriesHere, 0xFFFF)
        && agree(byteCount, short.byteCount, 0xFFFF_FFFF)
        && agree(offset, short.offset, 0xFFFF_FFFF)
    }
  }

  /// Finds the last end record whose comment fits into the file.
  private static func findEnd(_ source: ByteSource) throws(ZipError) -> (Int, Fields) {
    let tailByteCount = min(source.byteCount, endByteCount + 0xFFFF)
    let tailOffset = source.byteCount - tailByteCount
    let tail = Fields(
      bytes: try wrapped { () throws(FileError) in
        try source.read(count: tailByteCount, at: tailOffset)
      })
    var position = tailByteCount - endByteCount
    while position >= 0 {
      if tail.bytes[position] == 0x50, tail.u32(position) == 0x0605_4B50,
        Int(tail.u16(position + 20)) <= tailByteCount - position - endByteCount
      {
        let record = Array(tail.bytes[position..<position + endByteCount])
        return (tailOffset + position, Fields(bytes: record))
      }
      position -= 1
    }
    throw .noEndRecord
  }

  /// Reads the ZIP64 end record where its locator stands before the end record.
  private static func findZip64End(
    _ source: ByteSource, before endOffset: Int
  ) throws(ZipError) -> (Int, Stated)? {
    let locatorOffset = endOffset - locatorByteCount
    guard locatorOffset >= 0 else { return nil }
    let locator = Fields(
      bytes: try wrapped { () throws(FileError) in
        try source.read(count: locatorByteCount, at: locatorOffset)
      })
    guard locator.u32(0) == 0x0706_4B50 else { return nil }
    guard locator.u32(4) == 0, locator.u32(16) <= 1 else { throw .severalDisks }
    // With bytes before the archive the stated offset is too low; then the record is looked for
    // right before its locator.
    let last = locatorOffset - zip64EndByteCount
    guard last >= 0 else { throw .noZip64EndRecord }
    let statedOffset = locator.u64(8) <= UInt64(last) ? Int(locator.u64(8)) : last
    for offset in [statedOffset, last] {
      let record = Fields(
        bytes: try wrapped { () throws(FileError) in
          try source.read(count: zip64EndByteCount, at: offset)
        })
      guard record.u32(0) == 0x0606_4B50 else { continue }
      return (
        offset,
        Stated(
          disk: record.u32(16), directoryDisk: record.u32(20), entriesHere: record.u64(24),
          entries: record.u64(32), byteCount: record.u64(40), offset: record.u64(48))
      )
    }
    throw .noZip64EndRecord
  }

  // MARK: Entries

  /// Reads all entries of the directory.
  func entries(in source: ByteSource, limits: ZipLimits) throws(ZipError) -> [ZipEntry] {
    let bytes = Fields(
      bytes: try wrapped { () throws(FileError) in
        try source.read(count: byteCount, at: offset)
      })
    var entries: [ZipEntry] = []
    entries.reserveCapacity(min(Int(entryCount), byteCount / Self.directoryEntryByteCount))
    var position = 0
    while position < byteCount {
      let damaged = ZipError.badDirectoryEntry(index: entries.count, offset: offset + position)
      guard byteCount - position >= Self.directoryEntryByteCount,
        bytes.u32(position) == 0x0201_4B50
      else { throw damaged }
      let nameByteCount = Int(bytes.u16(position + 28))
      let extraByteCount = Int(bytes.u16(position + 30))
      let entryByteCount =
        Self.directoryEntryByteCount + nameByteCount + extraByteCount
        + Int(bytes.u16(position + 32))
      guard byteCount - position >= entryByteCount else { throw damaged }
      guard entries.count < limits.entryCount else {
        throw .tooManyEntries(count: UInt64(entries.count) + 1, limit: limits.entryCount)
      }
      let nameStart = position + Self.directoryEntryByteCount
      let extraStart = nameStart + nameByteCount
      entries.append(
        try entry(
          bytes, at: position, name: Array(bytes.bytes[nameStart..<extraStart]),
          extra: extraStart..<extraStart + extraByteCount))
      position += entryByteCount
    }
    let found = UInt64(entries.count)
    guard (isCountShort ? found & 0xFFFF : found) == entryCount else {
      throw .entryCountMismatch(declared: entryCount, found: entries.count)
    }
    return entries
  }

  private func entry(
    _ bytes: Fields, at position: Int, name rawName: [UInt8], extra: Range<Int>
  ) throws(ZipError) -> ZipEntry {
    let name = String(decoding: rawName, as: UTF8.self)
    guard ZipDirectory.isSafe(rawName) else { throw .unsafeName(name: name) }
    var rest = extra
    var wide: Range<Int>?
    while rest.count >= 4 {
      let fieldByteCount = Int(bytes.u16(rest.lowerBound + 2))
      guard fieldByteCount <= rest.count - 4 else { break }
      let start = rest.lowerBound + 4
      if bytes.u16(rest.lowerBound) == 1, wide == nil { wide = start..<start + fieldByteCount }
      rest = start + fieldByteCount..<rest.upperBound
    }
    // The ZIP64 field holds, in this order, only those values that are saturated in the entry.
    func value(_ short: UInt32) throws(ZipError) -> UInt64 {
      guard short == 0xFFFF_FFFF else { return UInt64(short) }
      guard let field = wide, field.count >= 8 else { throw .noZip64Field(name: name) }
      wide = field.lowerBound + 8..<field.upperBound
      return bytes.u64(field.lowerBound)
    }
    let contentByteCount = try value(bytes.u32(position + 24))
    let storedByteCount = try value(bytes.u32(position + 20))
    let headerOffset = try value(bytes.u32(position + 42))
    guard bytes.u16(position + 34) == 0 else { throw .severalDisks }
    // The range of members: from the archive's first byte to the directory.
    let room = UInt64(offset - base)
    guard headerOffset < room, storedByteCount <= room - headerOffset,
      let byteCount = Int(exactly: contentByteCount)
    else { throw .outside(name: name) }
    let flags = bytes.u16(position + 8)
    return ZipEntry(
      name: name, method: ZipMethod(bytes.u16(position + 10)), byteCount: byteCount,
      storedByteCount: Int(storedByteCount), crc32: bytes.u32(position + 16),
      isEncrypted: flags & 0x2041 != 0, rawName: rawName, flags: flags,
      headerOffset: base + Int(headerOffset))
  }

  /// Whether a name stays inside the archive's root on any system.
  private static func isSafe(_ name: [UInt8]) -> Bool {
    let separators: Set<UInt8> = [0x2F, 0x5C]
    guard let first = name.first, !separators.contains(first), !name.contains(0) else {
      return false
    }
    if name.count >= 2, name[1] == 0x3A { return false }
    return !name.split(whereSeparator: separators.contains).contains { $0.elementsEqual("..".utf8) }
  }
}

/// Runs `body` and gives its errors as errors of this module.
func wrapped<R>(_ body: () throws(FileError) -> R) throws(ZipError) -> R {
  do { return try body() } catch { throw .file(error) }
}
