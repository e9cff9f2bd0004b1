import VMIRCore

extension ByteSource {
  /// Calls `body` with bytes that the caller knows to be inside the source.
  ///
  /// - Parameters:
  ///   - offset: First byte.
  ///   - count: Bytes wanted.
  ///   - section: Names what is read, for errors.
  ///   - decoder: Has the memory that a file's bytes are read to.
  ///   - body: Gets the bytes, valid during the call.
  /// - Returns: What `body` returns.
  /// - Throws: `file`, `outOfMemory`, and what `body` throws.
  func withBytes<R>(
    at offset: Int, count: Int, of section: String, _ decoder: SectionDecoder,
    _ body: (UnsafeRawBufferPointer) throws(VMIRFileError) -> R
  ) throws(VMIRFileError) -> R {
    switch self {
    case .file(let file):
      guard let target = decoder.storedBytes(byteCount: count) else {
        throw .outOfMemory(section: section, byteCount: count)
      }
      do throws(FileError) {
        try file.read(into: target, at: offset)
      } catch {
        throw .file(error)
      }
      return try body(UnsafeRawBufferPointer(target))
    case .memory(let bytes):
      // Array.withRawBytes keeps a typed error, so the slice is bounds-checked here.
      return try bytes.withRawBytes { (all) throws(VMIRFileError) in
        try body(UnsafeRawBufferPointer(rebasing: all[offset..<offset + count]))
      }
    }
  }
}
