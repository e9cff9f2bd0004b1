import CVMIRPlatform

/// Why a file could not be read or written.
package enum FileError: Diagnosed {
  /// No file exists at the path.
  case notFound
  /// The path names a directory where a file is needed.
  case isDirectory
  /// The path names a pipe, a device or the like where a regular file is needed.
  case notRegular
  /// The path names a pipe that no program writes to.
  case noWriter
  /// A stream has more bytes than the caller takes; how many is not known.
  case streamTooLong(limit: Int)
  /// The file exceeds the caller's limit.
  case tooLarge(byteCount: Int, limit: Int)
  /// The file became shorter while it was read.
  case changed(offset: Int)
  /// Reading failed.
  case cannotRead(reason: String)
  /// Writing failed.
  case cannotWrite(reason: String)

  package var diagnostic: Diagnostic {
    switch self {
    case .notFound: Diagnostic("no such file", .io, exit: .missingInput)
    case .isDirectory: Diagnostic("is a directory", .invalidInput)
    case .notRegular: Diagnostic("is not a regular file", .invalidInput)
    case .noWriter: Diagnostic("is a pipe that nothing is written to", .invalidInput)
    case .streamTooLong(let limit):
      Diagnostic("is a stream of more bytes than the limit of \(limit)", .invalidInput)
    case .tooLarge(let byteCount, let limit):
      Diagnostic("has \(byteCount) bytes, more than the limit of \(limit)", .invalidInput)
    case .changed(let offset):
      Diagnostic("became shorter while it was read", at: "offset \(offset)", .invalidInput)
    case .cannotRead(let reason):
      Diagnostic("cannot be read: \(reason)", .io, exit: .missingInput)
    case .cannotWrite(let reason): Diagnostic("cannot be written: \(reason)", .io)
    }
  }

  static func reading(_ code: Int) -> FileError {
    switch code {
    case -2: .notFound
    case -21: .isDirectory
    case -29: .notRegular
    default: .cannotRead(reason: systemErrorText(-code))
    }
  }
}

/// English text for an errno value.
package func systemErrorText(_ code: Int) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { text in
    text[0] = 0
    vp_error_text(Int32(truncatingIfNeeded: code), text.baseAddress, text.count)
    return text.baseAddress.map { String(cString: $0) } ?? "error \(code)"
  }
}

/// An open regular file that is read at any offset; closed with the last reference.
///
/// Reads may overlap on several threads.
package final class FileSource: Sendable {
  /// The path it was opened with.
  package let path: String
  /// Size in bytes when it was opened.
  package let byteCount: Int
  private let descriptor: Int32

  /// Opens the file at `path`, without waiting: a pipe is refused even where nobody writes to it.
  ///
  /// - Throws: `notFound`, `isDirectory`, `notRegular`, `cannotRead`.
  package convenience init(path: String) throws(FileError) {
    let descriptor = vp_open_read(path)
    guard descriptor >= 0 else { throw FileError.reading(Int(descriptor)) }
    try self.init(path: path, descriptor: descriptor)
  }

  /// Takes over the descriptor of a regular file, which is closed where this throws.
  init(path: String, descriptor: Int32) throws(FileError) {
    let byteCount = vp_size(descriptor)
    guard byteCount >= 0 else {
      vp_close(descriptor)
      throw FileError.reading(Int(byteCount))
    }
    self.path = path
    self.byteCount = Int(byteCount)
    self.descriptor = descriptor
  }

  deinit { vp_close(descriptor) }

  /// Fills `target` with the bytes at `offset`.
  ///
  /// - Throws: `changed` where the file is too short, `cannotRead`.
  package func read(
    into target: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(FileError) {
    guard let address = target.baseAddress, target.count > 0 else { return }
    let done = vp_read_at(descriptor, address, target.count, Int64(offset))
    guard done >= 0 else { throw FileError.reading(Int(done)) }
    guard done == target.count else { throw .changed(offset: offset + Int(done)) }
  }

  /// The `count` bytes at `offset`.
  ///
  /// The caller has checked `count` against `byteCount`, since so much memory is taken.
  ///
  /// - Throws: `changed` where the file is too short, `cannotRead`.
  package func read(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, initializedCount in
      do throws(FileError) {
        try read(into: UnsafeMutableRawBufferPointer(target), at: offset)
        initializedCount = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// All bytes.
  ///
  /// - Throws: `tooLarge` over `limit` bytes, `changed`, `cannotRead`.
  package func readAll(limit: Int) throws(FileError) -> [UInt8] {
    guard byteCount <= limit else { throw .tooLarge(byteCount: byteCount, limit: limit) }
    return try read(count: byteCount, at: 0)
  }
}
