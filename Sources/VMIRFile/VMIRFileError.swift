package import VMIRCore
package import VMIRGraph

/// Why a `.vmir` file can't be read or written.
///
/// Sections are named `graph` or `tensor <name of the constant>`, or by their position in the table
/// where the graph is not known yet.
package enum VMIRFileError: Diagnosed {
  /// The file itself can't be read or written.
  case file(FileError)
  /// The file does not start with the magic bytes.
  case notVMIR
  /// The file is another kind of file.
  case otherKind(FileKind)
  /// The magic shows a text-mode or 7-bit transfer.
  case alteredInTransfer
  /// The file ends inside the header.
  case header(ByteReaderError)
  /// The file has a structure that this reader does not know.
  case unsupportedVersion(found: VMIRVersion, supported: VMIRVersion)
  /// The file has another length than its header says.
  case fileLength(declared: UInt64, found: Int)
  /// The checksum of header and section table does not fit.
  case headerDamaged(expected: UInt64, found: UInt64)
  /// Something is larger than the limits take.
  case overLimit(what: String, found: UInt64, limit: Int)
  /// Bits that must be zero are not.
  case reservedBits(section: Int, flags: UInt8)
  /// A section does not start where the one before it ends.
  case sectionOffset(section: Int, expected: Int, found: UInt64)
  /// A section ends outside the file.
  case sectionLength(section: Int, found: UInt64, remaining: Int)
  /// The sections end before the file does.
  case trailingBytes(offset: Int, count: Int)
  /// A section that may not be skipped is of a kind that this reader does not know.
  case unknownRequiredSection(section: Int, kind: UInt16)
  /// A section comes where another one must be.
  case unexpectedSection(section: Int, expected: String, found: String)
  /// There are more tensors than constants.
  case tensorCount(expected: Int, found: Int)
  /// A section is not there.
  case missingSection(String)
  /// A section is stored in a way that this reader does not know or that does not fit its elements.
  case codec(section: String, VMIRSection.Codec)
  /// The checksum of a section does not fit.
  case sectionDamaged(section: String, offset: Int)
  /// A section has another decoded length than what it holds takes.
  case rawLength(section: String, expected: Int, found: UInt64)
  /// A section is not exactly one valid zstd frame that declares its content size.
  case frame(section: String, reason: String)
  /// The graph message is malformed.
  case message(MessageError)
  /// The graph breaks a rule.
  case graph(GraphError)
  /// Constant data is unavailable for writing.
  case constant(name: String, ConstantError)
  /// There is not enough memory for a section.
  case outOfMemory(section: String, byteCount: Int)

  package var diagnostic: Diagnostic {
    switch self {
    case .file(let error): error.diagnostic
    case .notVMIR: Diagnostic("is not a .vmir file", .invalidInput)
    case .otherKind(let kind):
      Diagnostic(kind.refusal(for: .model), kind.isSound ? .unsupported : .invalidInput)
    case .alteredInTransfer: Diagnostic("was changed by a transfer in text mode", .invalidInput)
    case .header(let error): Diagnostic(error.what, at: error.place, .invalidInput)
    case .unsupportedVersion(let found, let supported):
      Diagnostic(
        "is in version \(found) of the format; this reader takes version \(supported.major)",
        .unsupported)
    case .fileLength(let declared, let found):
      Diagnostic("has \(found) bytes where \(declared) are declared", .invalidInput)
    case .headerDamaged:
      Diagnostic(
        "header and section table do not fit their checksum", at: "offset 24", .invalidInput)
    case .overLimit(let what, let found, let limit):
      Diagnostic("\(what) is \(found), more than the limit of \(limit)", .invalidInput)
    case .reservedBits(let section, let flags):
      Diagnostic("unknown flags \(flags)", at: "section \(section)", .invalidInput)
    case .sectionOffset(let section, let expected, let found):
      Diagnostic(
        "section must start at offset \(expected), not \(found)", at: "section \(section)",
        .invalidInput)
    case .sectionLength(let section, let found, let remaining):
      Diagnostic(
        "section of \(found) bytes where \(remaining) are left", at: "section \(section)",
        .invalidInput)
    case .trailingBytes(let offset, let count):
      Diagnostic("\(count) bytes belong to no section", at: "offset \(offset)", .invalidInput)
    case .unknownRequiredSection(let section, let kind):
      Diagnostic(
        "needs a newer reader: required section of unknown kind \(kind)",
        at: "section \(section)", .unsupported)
    case .unexpectedSection(let section, let expected, let found):
      Diagnostic("expected \(expected), found \(found)", at: "section \(section)", .invalidInput)
    case .tensorCount(let expected, let found):
      Diagnostic("has \(found) tensors for \(expected) constants", .invalidInput)
    case .missingSection(let name): Diagnostic("\(name) is missing", .invalidInput)
    case .codec(let section, .unknown(let number)):
      Diagnostic(
        "can't be stored as \(VMIRSection.Codec.unknown(number))", at: section, .unsupported)
    case .codec(let section, let codec):
      Diagnostic("can't be stored as \(codec)", at: section, .invalidInput)
    case .sectionDamaged(let section, let offset):
      Diagnostic(
        "is damaged: the bytes do not fit their checksum", at: "\(section), offset \(offset)",
        .invalidInput)
    case .rawLength(let section, let expected, let found):
      Diagnostic("decodes to \(found) bytes, not \(expected)", at: section, .invalidInput)
    case .frame(let section, let reason):
      Diagnostic("is not a valid zstd frame: \(reason)", at: section, .invalidInput)
    case .message(let error): error.diagnostic
    case .graph(let error): Diagnostic(error.what, at: error.place, .invalidInput)
    case .constant(let name, let error): error.diagnostic.located(at: "tensor \(name)")
    case .outOfMemory(let section, let byteCount):
      Diagnostic("no memory for \(byteCount) bytes", at: section, .resource)
    }
  }
}
