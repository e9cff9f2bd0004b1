import CVMIRPlatform
import VMIRCore

extension RunTool {
  /// Writes a file, or to stdout.
  func save(to path: String, _ bytes: [UInt8]) throws(RunFailure) {
    try save(to: path) { take in
      bytes.withUnsafeBytes { _ = take($0) }
      return nil
    }
  }

  /// Writes a file, or to stdout, what `make` gives piece by piece.
  ///
  /// Nothing is left of a file, and nothing goes to stdout, where it fails.
  ///
  /// - Parameters:
  ///   - path: The file, or `-`.
  ///   - make: Is given what takes pieces, and returns false where they can't be written; returns
  ///     what is to stand in the place of bytes that it gave.
  /// - Throws: What `make` throws, and why the file can't be written.
  func save(
    to path: String,
    _ make: ((UnsafeRawBufferPointer) -> Bool) throws(RunFailure) -> (
      offset: Int, bytes: [UInt8]
    )?
  ) throws(RunFailure) {
    if same(path, "-") {
      var bytes: [UInt8] = []
      let patch = try make {
        bytes += $0; return true
      }
      if let patch {
        bytes.replaceSubrange(patch.offset..<patch.offset + patch.bytes.count, with: patch.bytes)
      }
      let code = bytes.withUnsafeBytes { vp_write_all(1, $0.baseAddress, $0.count) }
      guard code == 0 else {
        throw RunFailure("stdout", FileError.cannotWrite(reason: systemErrorText(-Int(code))))
      }
      return
    }
    var failure: RunFailure?
    do throws(FileError) {
      _ = try AtomicFile.write(
        to: path, replacesReadOnly: options.overwrites, onTemporary: { vp_unlink_on_signal($0) }
      ) { (file) throws(FileError) in
        var fileError: FileError?
        var patch: (offset: Int, bytes: [UInt8])?
        do throws(RunFailure) {
          patch = try make { bytes in
            do throws(FileError) { try file.write(bytes) } catch { fileError = error }
            return fileError == nil
          }
        } catch {
          failure = error
        }
        if let fileError { throw fileError }
        if let patch, failure == nil { try file.overwrite(patch.bytes, at: patch.offset) }
        return failure == nil
      }
    } catch {
      throw RunFailure(path, error)
    }
    if let failure { throw failure }
  }
}
