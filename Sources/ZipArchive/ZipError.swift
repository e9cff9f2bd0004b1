package import VMIRCore

/// Why an archive or one of its members can't be read.
package enum ZipError: Diagnosed {
  /// The file itself can't be read.
  case file(FileError)
  /// There is no end-of-central-directory record.
  case noEndRecord
  /// The archive is one part of several.
  case severalDisks
  /// The end record and the ZIP64 end record contradict each other.
  case endRecordsDisagree
  /// The ZIP64 locator is there, but not the record that it points to.
  case noZip64EndRecord
  /// The central directory is said to lie outside the file.
  case directoryOutside(offset: UInt64, byteCount: UInt64)
  /// The central directory is over the limit.
  case directoryTooLarge(byteCount: Int, limit: Int)
  /// More entries than the limit.
  case tooManyEntries(count: UInt64, limit: Int)
  /// The end record counts other entries than the directory has.
  case entryCountMismatch(declared: UInt64, found: Int)
  /// A directory entry is cut off or has no signature.
  case badDirectoryEntry(index: Int, offset: Int)
  /// A size or offset is said to be in a ZIP64 field that is not there.
  case noZip64Field(name: String)
  /// The name is empty, absolute, leads out of the archive or has a zero byte.
  case unsafeName(name: String)
  /// Two entries have one name.
  case duplicateName(name: String)
  /// Two members share bytes.
  case overlap(name: String, other: String)
  /// The member's bytes are said to lie outside the archive.
  case outside(name: String)
  /// The member is encrypted.
  case encrypted(name: String)
  /// The member is compressed in an unknown way.
  case unknownMethod(name: String, method: UInt16)
  /// There is no local header where the directory says.
  case badLocalHeader(name: String, offset: Int)
  /// The local header names another member.
  case nameMismatch(name: String, local: String)
  /// The local header contradicts the directory about sizes, method or encryption.
  case headerMismatch(name: String)
  /// The content is over the limit.
  case tooLarge(name: String, byteCount: Int, limit: Int)
  /// The content is said to be larger than deflate can make it.
  case impossibleSize(name: String, byteCount: Int, storedByteCount: Int)
  /// All deflated members together are larger than the limit.
  case inflatesTooFar(byteCount: Int, limit: Int)
  /// The deflate stream is damaged or cut off.
  case badDeflate(name: String)
  /// The content has another size than the directory says.
  case sizeMismatch(name: String, declared: Int)
  /// The content has another checksum than the directory says.
  case checksumMismatch(name: String, expected: UInt32, found: UInt32)

  package var diagnostic: Diagnostic {
    switch self {
    case .file(let error): error.diagnostic
    case .noEndRecord:
      Diagnostic("is not a zip archive, or its end is missing", .invalidInput)
    case .severalDisks:
      Diagnostic("is one part of a zip archive in several parts", .unsupported)
    case .endRecordsDisagree:
      Diagnostic("the two end records of the zip archive contradict each other", .invalidInput)
    case .noZip64EndRecord:
      Diagnostic("the ZIP64 end record of the zip archive is missing", .invalidInput)
    case .directoryOutside(let offset, let byteCount):
      Diagnostic(
        "the zip directory is said to be \(byteCount) bytes at offset \(offset), outside the file",
        .invalidInput)
    case .directoryTooLarge(let byteCount, let limit):
      Diagnostic(
        "the zip directory has \(byteCount) bytes, more than the limit of \(limit)", .invalidInput)
    case .tooManyEntries(let count, let limit):
      Diagnostic(
        "the zip archive has \(count) entries, more than the limit of \(limit)", .invalidInput)
    case .entryCountMismatch(let declared, let found):
      Diagnostic("the zip archive claims \(declared) entries but lists \(found)", .invalidInput)
    case .badDirectoryEntry(let index, let offset):
      Diagnostic("zip directory entry \(index) is damaged", at: "offset \(offset)", .invalidInput)
    case .noZip64Field(let name):
      Diagnostic(
        "a size or offset is missing from the zip directory", at: printable(name), .invalidInput)
    case .unsafeName(let name):
      Diagnostic(
        "the zip archive has a member with an unsafe name", at: printable(name), .invalidInput)
    case .duplicateName(let name):
      Diagnostic("the zip archive has two members of one name", at: printable(name), .invalidInput)
    case .overlap(let name, let other):
      Diagnostic(
        "the zip member shares bytes with \(printable(other))", at: printable(name), .invalidInput)
    case .outside(let name):
      Diagnostic(
        "the zip member is said to lie outside the file", at: printable(name), .invalidInput)
    case .encrypted(let name):
      Diagnostic("the zip member is encrypted", at: printable(name), .unsupported)
    case .unknownMethod(let name, let method):
      Diagnostic(
        "the zip member is compressed by method \(method); only stored and deflated can be read",
        at: printable(name), .unsupported)
    case .badLocalHeader(let name, let offset):
      Diagnostic(
        "the zip member's local header is damaged", at: "\(printable(name)), offset \(offset)",
        .invalidInput)
    case .nameMismatch(let name, let local):
      Diagnostic(
        "the zip member is called \(printable(local)) in its local header", at: printable(name),
        .invalidInput)
    case .headerMismatch(let name):
      Diagnostic(
        "the zip member's local header contradicts the directory", at: printable(name),
        .invalidInput)
    case .tooLarge(let name, let byteCount, let limit):
      Diagnostic(
        "the zip member has \(byteCount) bytes, more than the limit of \(limit)",
        at: printable(name), .invalidInput)
    case .impossibleSize(let name, let byteCount, let storedByteCount):
      Diagnostic(
        "the zip member claims \(byteCount) bytes, more than \(storedByteCount) can inflate to",
        at: printable(name), .invalidInput)
    case .inflatesTooFar(let byteCount, let limit):
      Diagnostic(
        "the zip archive inflates to \(byteCount) bytes, more than the limit of \(limit) for its size",
        .invalidInput)
    case .badDeflate(let name):
      Diagnostic("the zip member's compressed data is damaged", at: printable(name), .invalidInput)
    case .sizeMismatch(let name, let declared):
      Diagnostic(
        "the zip member does not have the \(declared) bytes that the directory claims",
        at: printable(name), .invalidInput)
    case .checksumMismatch(let name, let expected, let found):
      Diagnostic(
        "the zip member is damaged: checksum \(hex(found)) instead of \(hex(expected))",
        at: printable(name), .invalidInput)
    }
  }
}

private func hex(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
