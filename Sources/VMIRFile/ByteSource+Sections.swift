import VMIRCore

extension ByteSource {
  /// Calls `body` with bytes that the caller knows to be inside the source.
  ///
  /// - Parameters:
  ///   - offset: First byte.
  ///   - count: Bytes wanted; so many are taken from memory for a file.
  ///   - section: Names what is read, for errors.
  ///   - body: Gets the bytes, valid during the call.
  /// - Returns: What `body` returns.
  /// - Throws: `file`, `outOfMemory`, and what `body` throws.
  func withBytes<R>(
    at offset: Int, count: Int, of section: String,
    _ body: (UnsafeRawBufferPointer) throws(VMIRFileError) -> R
  ) throws(VMIRFileError) -> R {
    switch self {
    case .file(let file):
      let bytes: TensorBytes?
      do throws(FileError) {
        bytes = try TensorBytes.make(byteCount: count) { (target) throws(FileError) in
          try file.read(into: target, at: offset)
        }
      } catch {
        throw .file(error)
      }
      guard let bytes else { throw .outOfMemory(section: section, byteCount: count) }
      return try bytes.withBytes(body)
    case .memory(let bytes):
      // Array.withRawBytes keeps a typed error, so the slice is bounds-checked here.
      return try bytes.withRawBytes { (all) throws(VMIRFileError) in
        try body(UnsafeRawBufferPointer(rebasing: all[offset..<offset + count]))
      }
    }
  }
}
