import VMIRCore

/// Reads one section: checks its checksum and decodes it.
struct SectionReader: Sendable {
  /// Where the file is.
  let source: ByteSource
  /// Its entry in the table.
  let section: VMIRSection
  /// Name for errors: `graph`, `tensor <name>`.
  let name: String
  /// Of the file.
  let decoders: SectionDecoders

  /// Checks the checksum alone.
  ///
  /// - Throws: `sectionDamaged`, `file`, `outOfMemory`.
  func checkDamage() throws(VMIRFileError) {
    try withStoredBytes { (_, _) throws(VMIRFileError) in }
  }

  /// Checks everything but the content of a zstd frame: checksum, codec and sizes.
  ///
  /// - Throws: `sectionDamaged`, `rawLength`, `frame`, `file`, `outOfMemory`.
  func check() throws(VMIRFileError) {
    try withStoredBytes { (bytes, _) throws(VMIRFileError) in
      let found: UInt64
      switch section.codec {
      case .stored: found = UInt64(bytes.count)
      case .zstd, .zstdPlanes2, .zstdPlanes4:
        do throws(ZstdFrame.Failure) {
          found = try ZstdFrame.contentSize(bytes)
        } catch {
          throw .frame(section: name, reason: error.reason)
        }
      case .unknown: throw .codec(section: name, section.codec)
      }
      guard found == UInt64(section.rawByteCount) else {
        throw .rawLength(section: name, expected: section.rawByteCount, found: found)
      }
    }
  }

  /// Decodes into memory of exactly `rawByteCount` bytes.
  ///
  /// - Throws: `sectionDamaged`, `rawLength`, `frame`, `file`, `outOfMemory`.
  func decode(into target: UnsafeMutableRawBufferPointer) throws(VMIRFileError) {
    try withStoredBytes { (bytes, decoder) throws(VMIRFileError) in
      switch section.codec {
      case .stored:
        guard bytes.count == target.count else {
          throw .rawLength(section: name, expected: target.count, found: UInt64(bytes.count))
        }
        target.copyMemory(from: bytes)
      case .zstd: try decodeFrame(bytes, into: target, decoder)
      case .zstdPlanes2: try decodePlanes(bytes, width: 2, into: target, decoder)
      case .zstdPlanes4: try decodePlanes(bytes, width: 4, into: target, decoder)
      case .unknown: throw .codec(section: name, section.codec)
      }
    }
  }

  private func decodePlanes(
    _ bytes: UnsafeRawBufferPointer, width: Int, into target: UnsafeMutableRawBufferPointer,
    _ decoder: SectionDecoder
  ) throws(VMIRFileError) {
    guard let planes = decoder.planes(byteCount: target.count) else {
      throw .outOfMemory(section: name, byteCount: target.count)
    }
    try decodeFrame(bytes, into: planes, decoder)
    BytePlanes.join(UnsafeRawBufferPointer(planes), width: width, into: target)
  }

  private func decodeFrame(
    _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
    _ decoder: SectionDecoder
  ) throws(VMIRFileError) {
    do throws(ZstdFrame.Failure) {
      try decoder.decode(frame: bytes, into: target)
    } catch {
      throw .frame(section: name, reason: error.reason)
    }
  }

  private func withStoredBytes(
    _ body: (UnsafeRawBufferPointer, SectionDecoder) throws(VMIRFileError) -> Void
  ) throws(VMIRFileError) {
    try decoders.withDecoder { (decoder) throws(VMIRFileError) in
      try source.withBytes(
        at: section.offset, count: section.storedByteCount, of: name, decoder
      ) { (bytes) throws(VMIRFileError) in
        guard xxHash64(bytes) == section.checksum else {
          throw .sectionDamaged(section: name, offset: section.offset)
        }
        try body(bytes, decoder)
      }
    }
  }
}
