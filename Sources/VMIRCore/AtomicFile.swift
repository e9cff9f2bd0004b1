import CVMIRPlatform

/// A file that appears under its name only when it is whole.
///
/// It is written in the folder of its destination without a name, which `commit()` gives it. On file
/// systems without such files it has a hidden name instead, `.NAME.partial`, and is deleted if it is
/// dropped before `commit()`, or else when the same file is written the next time; a program that is
/// told the name can delete it when a signal ends the process.
public struct AtomicFile: ~Copyable {
  private let destination: String
  private let temporary: String
  private let onTemporary: TemporaryNameHook?
  private let descriptor: Int32
  private var isOpen = true
  private var isNamed = false
  /// Bytes written at the end so far.
  public private(set) var byteCount = 0

  /// Starts a file that is to stand at `path`.
  ///
  /// - Parameters:
  ///   - path: Where the file is to stand.
  ///   - onTemporary: Called with the hidden name where there is one, and with NULL when it is gone.
  /// - Throws: `cannotWrite`, also where a folder, a device or a pipe is at `path`: the rename would
  ///   replace it.
  public init(path: String, onTemporary: TemporaryNameHook? = nil) throws(FileError) {
    try self.init(path: path, mayBeNameless: true, onTemporary: onTemporary)
  }

  /// Starts a file that is to stand at `path`, with a hidden name at least where `mayBeNameless` is
  /// false.
  ///
  /// - Throws: As above.
  package init(
    path: String, mayBeNameless: Bool, onTemporary: TemporaryNameHook? = nil
  ) throws(FileError) {
    let kind = vp_stat(path, nil)
    guard kind != VP_DIRECTORY else { throw .cannotWrite(reason: "is a directory") }
    guard kind != VP_OTHER else { throw .cannotWrite(reason: "is not a regular file") }
    var descriptor: Int32 = -1
    let temporary = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { name in
      descriptor = vp_create_beside(path, mayBeNameless ? 1 : 0, name.baseAddress, name.count)
      return name.baseAddress.map { String(cString: $0) } ?? ""
    }
    guard descriptor >= 0 else {
      throw .cannotWrite(reason: systemErrorText(-Int(descriptor)))
    }
    self.destination = path
    self.temporary = temporary
    self.onTemporary = onTemporary
    self.descriptor = descriptor
    if !temporary.isEmpty { onTemporary?(temporary) }
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
    try check(vp_publish(descriptor, temporary, destination))
    isNamed = true
    let closed = vp_close(descriptor)
    isOpen = false
    try check(closed)
  }

  private func check(_ result: Int32) throws(FileError) {
    guard result == 0 else { throw .cannotWrite(reason: systemErrorText(-Int(result))) }
  }

  deinit {
    // Deleted while it is still locked: afterwards the name may be another writer's.
    if !temporary.isEmpty, !isNamed { vp_unlink(temporary) }
    if isOpen { vp_close(descriptor) }
    if !temporary.isEmpty { onTemporary?(nil) }
  }
}

/// Told the path of a file that is to be deleted when the process ends, or NULL.
///
/// Called on the thread that writes. Programs pass one that handles signals, as libraries handle
/// none.
public typealias TemporaryNameHook = @convention(c) (UnsafePointer<CChar>?) -> Void
