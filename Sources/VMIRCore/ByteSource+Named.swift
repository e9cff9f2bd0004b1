import CVMIRPlatform

extension ByteSource {
  /// Opens an input that the user named on purpose: a file, or a pipe as of `<(...)`, `/dev/stdin`
  /// or `mkfifo`, whose bytes are read into memory.
  ///
  /// A path that comes from a folder's listing or out of another file is for `FileSource` instead.
  ///
  /// - Parameters:
  ///   - path: Of the input.
  ///   - limit: Most bytes that a pipe may give; a file may have any size.
  /// - Returns: The open file, or the bytes of the pipe.
  /// - Throws: `notFound`, `isDirectory`, `notRegular` for a device, `noWriter`, `streamTooLong`,
  ///   `cannotRead`.
  package static func named(_ path: String, limit: Int) throws(FileError) -> ByteSource {
    var isPipe: Int32 = 0
    let descriptor = vp_open_named(path, &isPipe)
    guard descriptor >= 0 else { throw FileError.reading(Int(descriptor)) }
    guard isPipe != 0 else { return .file(try FileSource(path: path, descriptor: descriptor)) }
    defer { vp_close(descriptor) }
    let bytes = try readStream(descriptor, limit: limit)
    guard !bytes.isEmpty else { throw .noWriter }
    return .memory(bytes)
  }

  /// All bytes of a named input.
  ///
  /// - Throws: As `named(_:limit:)`; `tooLarge`, `changed`.
  package static func readNamed(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    switch try named(path, limit: limit) {
    case .file(let file): return try file.readAll(limit: limit)
    case .memory(let bytes): return bytes
    }
  }

  /// All that comes from an open pipe or the like, up to its end.
  ///
  /// - Throws: `streamTooLong`, before more than `limit` bytes are kept; `cannotRead`.
  package static func readStream(_ descriptor: Int32, limit: Int) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    let chunkByteCount = 1 << 20
    while true {
      var code: Int64 = 0
      let part = [UInt8](unsafeUninitializedCapacity: chunkByteCount) { target, count in
        code = vp_read_stream(descriptor, target.baseAddress, chunkByteCount)
        count = max(Int(code), 0)
      }
      guard code >= 0 else { throw FileError.reading(Int(code)) }
      guard part.count <= limit - bytes.count else { throw .streamTooLong(limit: limit) }
      bytes += part
      if part.count < chunkByteCount { return bytes }
    }
  }
}
