import CVMIRPlatform

/// A file that appears under its name only when it is whole.
///
/// It is written beside its destination under a temporary name and renamed by `commit()`. If it is
/// dropped before that, or the process is ended by a signal, the temporary file is deleted.
public struct AtomicFile: ~Copyable {
  private let destination: String
  private let temporary: String
  private let descriptor: Int32
  private var isOpen = true
  private var isNamed = false
  /// Bytes written at the end so far.
  public private(set) var byteCount = 0

  /// Starts a file that is to stand at `path`.
  ///
  /// - Throws: `cannotWrite`, also where a folder, a device or a pipe is at `path`: the rename would
  ///   replace it.
  public init(path: String) throws(FileError) {
    let kind = vp_stat(path, nil)
    guard kind != VP_DIRECTORY else { throw .cannotWrite(reason: "is a directory") }
    guard kind != VP_OTHER else { throw .cannotWrite(reason: "is not a regular file") }
    var descriptor: Int32 = -1
    let temporary = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { name in
      descriptor = vp_create_beside(path, name.baseAddress, name.count)
      return descriptor >= 0 ? name.baseAddress.map { String(cString: $0) } ?? "" : ""
    }
    guard descriptor >= 0 else {
      throw .cannotWrite(reason: systemErrorText(-Int(descriptor)))
    }
    self.destination = path
    self.temporary = temporary
    self.descriptor = descriptor
    vp_unlink_on_signal(temporary)
  }

  /// Appends bytes.
  ///
  /// - Throws: `cannotWrite`.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try check(vp_write_all(descriptor, bytes.baseAddress, bytes.count))
    byteCount += bytes.count
  }

  /// Appends bytes.
  ///
  /// - Throws: `cannotWrite`.
  public mutating func write(_ bytes: [UInt8]) throws(FileError) {
    let result = bytes.withUnsafeBytes { vp_write_all(descriptor, $0.baseAddress, $0.count) }
    try check(result)
    byteCount += bytes.count
  }

  /// Overwrites bytes that were written before.
  ///
  /// - Throws: `cannotWrite`.
  public mutating func overwrite(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    let result = bytes.withUnsafeBytes {
      vp_write_at(descriptor, $0.baseAddress, $0.count, Int64(offset))
    }
    try check(result)
  }

  /// Flushes, closes and gives the file its name, replacing one that is there.
  ///
  /// - Throws: `cannotWrite`; the destination is then untouched.
  public consuming func commit() throws(FileError) {
    try check(vp_sync(descriptor))
    let closed = vp_close(descriptor)
    isOpen = false
    try check(closed)
    try check(vp_rename(temporary, destination))
    isNamed = true
  }

  private func check(_ result: Int32) throws(FileError) {
    guard result == 0 else { throw .cannotWrite(reason: systemErrorText(-Int(result))) }
  }

  deinit {
    if isOpen { vp_close(descriptor) }
    if !isNamed { vp_unlink(temporary) }
    vp_unlink_on_signal(nil)
  }
}
