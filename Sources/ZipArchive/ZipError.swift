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

  package var what: String {
    switch self {
    case .file(let error): error.what
    case .noEndRecord: "is not a zip archive, or its end is missing"
    case .severalDisks: "is one part of a zip archive in several parts"
    case .endRecordsDisagree: "the two end records of the zip archive contradict each other"
    case .noZip64EndRecord: "the ZIP64 end record of the zip archive is missing"
    case .directoryOutside(let offset, let byteCount):
      "the zip directory is said to be \(byteCount) bytes at offset \(offset), outside the file"
    case .directoryTooLarge(let byteCount, let limit):
      "the zip directory has \(byteCount) bytes, more than the limit of \(limit)"
    case .tooManyEntries(let count, let limit):
      "the zip archive has \(count) entries, more than the limit of \(limit)"
    case .entryCountMismatch(let declared, let found):
      "the zip archive claims \(declared) entries but lists \(found)"
    case .badDirectoryEntry(let index, _): "zip directory entry \(index) is damaged"
    case .noZip64Field: "a size or offset is missing from the zip directory"
    case .unsafeName: "the zip archive has a member with an unsafe name"
    case .duplicateName: "the zip archive has two members of one name"
    case .overlap(_, let other): "the zip member shares bytes with \(printable(other))"
    case .outside: "the zip member is said to lie outside the file"
    case .encrypted: "the zip member is encrypted"
    case .unknownMethod(_, let method):
      "the zip member is compressed by method \(method); only stored and deflated can be read"
    case .badLocalHeader: "the zip member's local header is damaged"
    case .nameMismatch(_, let local):
      "the zip member is called \(printable(local)) in its local header"
    case .headerMismatch: "the zip member's local header contradicts the directory"
    case .tooLarge(_, let byteCount, let limit):
      "the zip member has \(byteCount) bytes, more than the limit of \(limit)"
    case .impossibleSize(_, let byteCount, let storedByteCount):
      "the zip member claims \(byteCount) bytes, more than \(storedByteCount) can inflate to"
    case .inflatesTooFar(let byteCount, let limit):
      "the zip archive inflates to \(byteCount) bytes, more than the limit of \(limit) for its size"
    case .badDeflate: "the zip member's compressed data is damaged"
    case .sizeMismatch(_, let declared):
      "the zip member does not have the \(declared) bytes that the directory claims"
    case .checksumMismatch(_, let expected, let found):
      "the zip member is damaged: checksum \(hex(found)) instead of \(hex(expected))"
    }
  }

  package var place: String? {
    switch self {
    case .file(let error): error.place
    case .noEndRecord, .severalDisks, .endRecordsDisagree, .noZip64EndRecord, .directoryOutside,
      .directoryTooLarge, .tooManyEntries, .entryCountMismatch, .inflatesTooFar:
      nil
    case .badDirectoryEntry(_, let offset): "offset \(offset)"
    case .badLocalHeader(let name, let offset): "\(printable(name)), offset \(offset)"
    case .noZip64Field(let name), .unsafeName(let name), .duplicateName(let name),
      .overlap(let name, _), .outside(let name), .encrypted(let name),
      .unknownMethod(let name, _), .nameMismatch(let name, _), .headerMismatch(let name),
      .tooLarge(let name, _, _), .impossibleSize(let name, _, _), .badDeflate(let name),
      .sizeMismatch(let name, _), .checksumMismatch(let name, _, _):
      printable(name)
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .file(let error): error.exitStatus
    case .severalDisks, .encrypted, .unknownMethod: .unsupported
    case .noEndRecord, .endRecordsDisagree, .noZip64EndRecord, .directoryOutside,
      .directoryTooLarge, .tooManyEntries, .entryCountMismatch, .badDirectoryEntry,
      .noZip64Field, .unsafeName, .duplicateName, .overlap, .outside, .badLocalHeader,
      .nameMismatch, .headerMismatch, .tooLarge, .impossibleSize, .badDeflate, .sizeMismatch,
      .checksumMismatch, .inflatesTooFar:
      .badInput
    }
  }
}

private func hex(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
