import CVMIRPlatform

/// A file written atomically: it appears under its name only once it is complete.
///
/// It is an unnamed file (`O_TMPFILE`) in the destination's folder until `commit()` links it. On
/// file systems without `O_TMPFILE` it has the hidden name `.NAME.partial`, and is deleted when the
/// value is dropped before `commit()`, or else the next time the same file is written; a program
/// that receives the name can delete it in a signal handler.
///
/// A symbolic link at the destination stays and what it leads to is written. A file that is
/// replaced leaves its permissions, owner and group to the new one; one that nobody may write is
/// not replaced.
package struct AtomicFile: ~Copyable {
  private let destination: String
  private let temporary: String
  private let onTemporary: TemporaryNameHook?
  private let descriptor: Int32
  private var isOpen = true
  private var isNamed = false
  /// Bytes written at the end so far.
  package private(set) var byteCount = 0

  /// Starts a file that is to stand at `path`.
  ///
  /// - Parameters:
  ///   - path: Where the file is to stand.
  ///   - replacesReadOnly: Whether a file that nobody may write is replaced too; its mode stays.
  ///   - onTemporary: Called with the hidden name where there is one, and with NULL when it is
  ///     gone.
  /// - Throws: `cannotWrite`, also where a folder, a device or a pipe is at `path`: the rename
  ///   would replace it.
  package init(
    path: String, replacesReadOnly: Bool = false, onTemporary: TemporaryNameHook? = nil
  ) throws(FileError) {
    try self.init(
      path: path, allowsUnnamed: true, replacesReadOnly: replacesReadOnly,
      onTemporary: onTemporary)
  }

  /// Starts a file that is to stand at `path`, with a hidden name at least where `allowsUnnamed` is
  /// false.
  ///
  /// - Throws: `cannotWrite`.
  package init(
    path: String, allowsUnnamed: Bool, replacesReadOnly: Bool = false,
    onTemporary: TemporaryNameHook? = nil
  ) throws(FileError) {
    let path = try AtomicFile.resolved(path)
    let kind = vp_stat(path, nil)
    guard kind != VP_DIRECTORY else { throw .cannotWrite(reason: "is a directory") }
    guard kind != VP_OTHER else { throw .cannotWrite(reason: "is not a regular file") }
    let allowed = vp_may_replace(path)
    guard allowed == 0 || replacesReadOnly else {
      throw .cannotWrite(reason: systemErrorText(-Int(allowed)))
    }
    var descriptor: Int32 = -1
    let temporary = withUnsafeTemporaryAllocation(of: CChar.self, capacity: pathTextCapacity) {
      name in
      descriptor = vp_create_beside(path, allowsUnnamed ? 1 : 0, name.baseAddress, name.count)
      return name.baseAddress.map { String(cString: $0) } ?? ""
    }
    guard descriptor >= 0 else {
      throw .cannotWrite(reason: systemErrorText(-Int(descriptor)))
    }
    // Before there is any content, which a private file's readers alone may see.
    let taken = vp_take_attributes(descriptor, path)
    guard taken == 0 else {
      if !temporary.isEmpty { vp_unlink(temporary) }
      vp_close(descriptor)
      throw .cannotWrite(reason: systemErrorText(-Int(taken)))
    }
    self.destination = path
    self.temporary = temporary
    self.onTemporary = onTemporary
    self.descriptor = descriptor
    if !temporary.isEmpty { onTemporary?(temporary) }
  }

  /// What the symbolic links at `path` lead to.
  private static func resolved(_ path: String) throws(FileError) -> String {
    var result: Int32 = 0
    let resolved = withUnsafeTemporaryAllocation(of: CChar.self, capacity: pathTextCapacity) {
      name in
      result = vp_resolve_output(path, name.baseAddress, name.count)
      return result == 0 ? name.baseAddress.map { String(cString: $0) } ?? path : path
    }
    guard result == 0 else { throw .cannotWrite(reason: systemErrorText(-Int(result))) }
    // A link of /proc may say a name that is no longer, or never was, the file's.
    if let there = FileIdentity(path: path), there != FileIdentity(path: resolved) {
      throw .cannotWrite(reason: "leads to a file that has no name")
    }
    return resolved
  }

  /// Appends bytes.
  ///
  /// - Throws: `cannotWrite`.
  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try check(vp_write_all(descriptor, bytes.baseAddress, bytes.count))
    byteCount += bytes.count
  }

  /// Appends bytes.
  ///
  /// - Throws: `cannotWrite`.
  package mutating func write(_ bytes: [UInt8]) throws(FileError) {
    let result = bytes.withUnsafeBytes { vp_write_all(descriptor, $0.baseAddress, $0.count) }
    try check(result)
    byteCount += bytes.count
  }

  /// Overwrites bytes that were written before.
  ///
  /// - Throws: `cannotWrite`.
  package mutating func overwrite(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    let result = bytes.withUnsafeBytes {
      vp_write_at(descriptor, $0.baseAddress, $0.count, Int64(offset))
    }
    try check(result)
  }

  /// Flushes, closes and gives the file its name, replacing one that is there.
  ///
  /// - Throws: `cannotWrite`; the destination is then untouched.
  package consuming func commit() throws(FileError) {
    try check(vp_sync(descriptor))
    try check(vp_publish(descriptor, temporary, destination))
    isNamed = true
    let closed = vp_close(descriptor)
    isOpen = false
    try check(closed)
  }

  /// Writes a file that holds `bytes` to `path`.
  ///
  /// - Throws: `cannotWrite`; then the file at `path` is what it was.
  package static func write(
    _ bytes: UnsafeRawBufferPointer, to path: String, replacesReadOnly: Bool = false,
    onTemporary: TemporaryNameHook? = nil
  ) throws(FileError) {
    _ = try write(
      to: path, replacesReadOnly: replacesReadOnly, onTemporary: onTemporary
    ) { (file) throws(FileError) in
      try file.write(bytes)
      return true
    }
  }

  /// Writes a file to `path` that holds what `body` appends.
  ///
  /// - Parameters:
  ///   - path: Where the file is to stand.
  ///   - replacesReadOnly: Whether a file that nobody may write is replaced too.
  ///   - onTemporary: As `init` has it.
  ///   - body: Appends the bytes, and tells whether they are a whole file; else the file at `path`
  ///     stays what it was.
  /// - Returns: What `body` told.
  /// - Throws: `cannotWrite`; then the file at `path` is what it was.
  package static func write(
    to path: String, replacesReadOnly: Bool = false, onTemporary: TemporaryNameHook? = nil,
    _ body: (inout AtomicFile) throws(FileError) -> Bool
  ) throws(FileError) -> Bool {
    var file = try AtomicFile(
      path: path, replacesReadOnly: replacesReadOnly, onTemporary: onTemporary)
    guard try body(&file) else { return false }
    try file.commit()
    return true
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
package typealias TemporaryNameHook = @convention(c) (UnsafePointer<CChar>?) -> Void
