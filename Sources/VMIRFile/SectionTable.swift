import VMIRCore

/// Header and section table of a `.vmir` file, `Formats/vmir.md` sections 2 and 3.
struct SectionTable: Equatable {
  static let magic: [UInt8] = [0x89, 0x56, 0x4D, 0x49, 0x52, 0x0D, 0x0A, 0x1A]
  static let headerByteCount = 32
  static let entryByteCount = 40
  static let checksumOffset = 24

  /// Version of the format.
  let version: VMIRVersion
  /// Sections in the order of the file.
  let sections: [VMIRSection]
  /// Of header and table, and so, with the sections' checksums in it, of the whole file; 0 of a
  /// table that was not read.
  let checksum: UInt64

  /// A table of a file in some version.
  init(_ version: VMIRVersion, sections: [VMIRSection]) {
    self.version = version
    self.sections = sections
    checksum = 0
  }

  /// First byte after the table of so many sections.
  static func end(sectionCount: Int) -> Int { headerByteCount + entryByteCount * sectionCount }

  /// The bytes of header and table.
  func encoded() -> [UInt8] {
    let end = sections.last.map { $0.offset + $0.storedByteCount }
    var before = ByteWriter()
    before.write(SectionTable.magic)
    before.write(version.major)
    before.write(version.minor)
    before.write(UInt32(sections.count))
    before.write(UInt64(end ?? SectionTable.headerByteCount))
    var table = ByteWriter()
    for section in sections {
      table.write(section.kind.number)
      table.write(section.codec.number)
      table.write(UInt8(section.isRequired ? 1 : 0))
      table.write(UInt32(section.ordinal))
      table.write(UInt64(section.offset))
      table.write(UInt64(section.storedByteCount))
      table.write(UInt64(section.rawByteCount))
      table.write(section.checksum)
    }
    let covered = before.bytes + table.bytes
    before.write(covered.withRawBytes { xxHash64($0) })
    return before.bytes + table.bytes
  }
}

// MARK: Reading

extension SectionTable {
  /// Reads and checks header and table.
  ///
  /// Afterwards the sections lie in the file one behind the other and cover it, the graph is first,
  /// the tensors are in order, and their sizes are inside the limits.
  ///
  /// - Throws: What is wrong with them.
  init(_ source: ByteSource, limits: VMIRLimits) throws(VMIRFileError) {
    guard source.byteCount <= limits.fileByteCount else {
      throw .overLimit(
        what: "file size", found: UInt64(source.byteCount), limit: limits.fileByteCount)
    }
    let decoder = SectionDecoder()
    let headerByteCount = min(source.byteCount, SectionTable.headerByteCount)
    let header = try source.withBytes(at: 0, count: headerByteCount, of: "header", decoder) {
      (bytes) throws(VMIRFileError) in try Header(checking: bytes)
    }
    version = header.version
    checksum = header.checksum
    guard header.fileByteCount == UInt64(source.byteCount) else {
      throw .fileLength(declared: header.fileByteCount, found: source.byteCount)
    }
    let sectionCount = Int(header.sectionCount)
    guard sectionCount <= limits.sectionCount else {
      throw .overLimit(
        what: "count of sections", found: UInt64(sectionCount), limit: limits.sectionCount)
    }
    let end = SectionTable.end(sectionCount: sectionCount)
    guard end <= source.byteCount else {
      throw .header(
        .countTooLarge(
          offset: 12, count: UInt64(sectionCount), remaining: source.byteCount - headerByteCount))
    }
    let entries = try source.withBytes(at: 0, count: end, of: "header", decoder) {
      (bytes) throws(VMIRFileError) in
      try SectionTable.check(bytes, against: header.checksum)
      return try SectionTable.entries(bytes, count: sectionCount)
    }
    sections = try SectionTable.sections(entries, end: end, source.byteCount)
    try checkOrder()
    try checkSizes(limits)
  }

  private static func check(
    _ bytes: UnsafeRawBufferPointer, against checksum: UInt64
  ) throws(VMIRFileError) {
    let covered = Array(bytes[..<checksumOffset]) + Array(bytes[headerByteCount...])
    let found = covered.withRawBytes { xxHash64($0) }
    guard found == checksum else { throw .headerDamaged(expected: checksum, found: found) }
  }

  private static func entries(
    _ bytes: UnsafeRawBufferPointer, count: Int
  ) throws(VMIRFileError) -> [Entry] {
    do throws(ByteReaderError) {
      var reader = ByteReader(bytes)
      try reader.seek(to: headerByteCount)
      var entries: [Entry] = []
      for _ in 0..<count { entries.append(try Entry(&reader)) }
      return entries
    } catch {
      throw .header(error)
    }
  }

  private static func sections(
    _ entries: [Entry], end: Int, _ fileByteCount: Int
  ) throws(VMIRFileError) -> [VMIRSection] {
    var position = end
    var sections: [VMIRSection] = []
    for (index, entry) in entries.enumerated() {
      guard entry.flags & ~1 == 0 else {
        throw .reservedBits(section: index, flags: entry.flags)
      }
      guard entry.offset == UInt64(position) else {
        throw .sectionOffset(section: index, expected: position, found: entry.offset)
      }
      guard entry.storedByteCount <= UInt64(fileByteCount - position) else {
        throw .sectionLength(
          section: index, found: entry.storedByteCount, remaining: fileByteCount - position)
      }
      sections.append(
        VMIRSection(
          kind: VMIRSection.Kind(number: entry.kind),
          codec: VMIRSection.Codec(number: entry.codec), isRequired: entry.flags & 1 != 0,
          ordinal: Int(entry.ordinal), offset: position,
          storedByteCount: Int(entry.storedByteCount),
          rawByteCount: Int(clamping: entry.rawByteCount), checksum: entry.checksum))
      position += Int(entry.storedByteCount)
    }
    guard position == fileByteCount else {
      throw .trailingBytes(offset: position, count: fileByteCount - position)
    }
    return sections
  }

  private func checkOrder() throws(VMIRFileError) {
    var tensorCount = 0
    var hasGraph = false
    for (index, section) in sections.enumerated() {
      let name = "\(section.isRequired ? "" : "optional ")\(section.kind) \(section.ordinal)"
      switch section.kind {
      case .graph:
        guard same(name, "graph 0"), !hasGraph else {
          throw .unexpectedSection(
            section: index, expected: hasGraph ? "tensor \(tensorCount)" : "graph 0", found: name)
        }
        hasGraph = true
      case .tensor:
        let expected = hasGraph ? "tensor \(tensorCount)" : "graph 0"
        guard same(name, expected) else {
          throw .unexpectedSection(section: index, expected: expected, found: name)
        }
        tensorCount += 1
      case .unknown(let kind):
        guard !section.isRequired else {
          throw .unknownRequiredSection(section: index, kind: kind)
        }
      }
    }
    guard hasGraph else { throw .missingSection("graph") }
  }

  /// Checks that sizes before compression are inside the limits.
  func checkSizes(_ limits: VMIRLimits) throws(VMIRFileError) {
    let tensors = sections.filter { $0.kind == .tensor }
    let storedByteCount = tensors.reduce(0) { $0 + $1.storedByteCount }
    let allowed = checkedProduct([storedByteCount, limits.expansionRatio]).flatMap {
      checkedSum($0, limits.expandedByteCount)
    }
    let limit = min(allowed ?? .max, limits.totalTensorByteCount)
    var left = limit
    for section in sections {
      switch section.kind {
      case .graph:
        try check(section, "graph size", limit: limits.graphByteCount)
      case .tensor:
        try check(section, "size of tensor \(section.ordinal)", limit: limits.tensorByteCount)
        guard section.rawByteCount <= left else {
          throw .overLimit(
            what: "size of all tensors",
            found: UInt64(limit - left) + UInt64(section.rawByteCount), limit: limit)
        }
        left -= section.rawByteCount
      case .unknown: continue
      }
    }
  }

  private func check(
    _ section: VMIRSection, _ what: String, limit: Int
  ) throws(VMIRFileError) {
    guard section.rawByteCount <= limit else {
      throw .overLimit(what: what, found: UInt64(section.rawByteCount), limit: limit)
    }
  }
}

/// The fields of the header as they stand in the file.
private struct Header {
  let version: VMIRVersion
  let sectionCount: UInt32
  let fileByteCount: UInt64
  let checksum: UInt64

  /// Reads the first bytes of a file and checks magic and major version.
  init(checking bytes: UnsafeRawBufferPointer) throws(VMIRFileError) {
    guard bytes.starts(with: SectionTable.magic.prefix(bytes.count)), !bytes.isEmpty else {
      let isAltered = bytes.dropFirst().starts(with: SectionTable.magic[1..<5])
      throw isAltered ? .alteredInTransfer : .notVMIR
    }
    do throws(ByteReaderError) {
      self = try Header(bytes)
    } catch {
      throw .header(error)
    }
    guard version.major == VMIRVersion.current.major else {
      throw .unsupportedVersion(found: version, supported: .current)
    }
  }

  private init(_ bytes: UnsafeRawBufferPointer) throws(ByteReaderError) {
    var reader = ByteReader(bytes)
    _ = try reader.read(byteCount: SectionTable.magic.count)
    version = VMIRVersion(
      major: try reader.read(UInt16.self), minor: try reader.read(UInt16.self))
    sectionCount = try reader.read(UInt32.self)
    fileByteCount = try reader.read(UInt64.self)
    checksum = try reader.read(UInt64.self)
  }
}

/// The fields of one table entry as they stand in the file.
private struct Entry {
  let kind: UInt16
  let codec: UInt8
  let flags: UInt8
  let ordinal: UInt32
  let offset: UInt64
  let storedByteCount: UInt64
  let rawByteCount: UInt64
  let checksum: UInt64

  init(_ reader: inout ByteReader) throws(ByteReaderError) {
    kind = try reader.read(UInt16.self)
    codec = try reader.read(UInt8.self)
    flags = try reader.read(UInt8.self)
    ordinal = try reader.read(UInt32.self)
    offset = try reader.read(UInt64.self)
    storedByteCount = try reader.read(UInt64.self)
    rawByteCount = try reader.read(UInt64.self)
    checksum = try reader.read(UInt64.self)
  }
}
