import VMIRCore
import VMIRGraph

/// Why a `.vmir` file can't be read or written.
///
/// Sections are named `graph` or `tensor <name of the constant>`, or by their position in the table
/// where the graph is not known yet.
public enum VMIRFileError: Diagnosed {
  /// The file itself can't be read or written.
  case file(FileError)
  /// The file does not start with the magic bytes.
  case notVMIR
  /// The file is another kind of file.
  case otherKind(FileKind)
  /// The magic bytes are there, but their line ends or the eighth bit were changed on the way.
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
  /// A section is not exactly one sound zstd frame that says its content's size.
  case frame(section: String, reason: String)
  /// The graph message is malformed.
  case message(MessageError)
  /// The graph breaks a rule.
  case graph(GraphError)
  /// The elements of a constant can't be had for writing.
  case constant(name: String, ConstantError)
  /// There is not enough memory for a section.
  case outOfMemory(section: String, byteCount: Int)

  public var what: String {
    switch self {
    case .file(let error): error.what
    case .notVMIR: "is not a .vmir file"
    case .otherKind(let kind): kind.refusal(for: .model)
    case .alteredInTransfer: "was changed by a transfer in text mode"
    case .header(let error): error.what
    case .unsupportedVersion(let found, let supported):
      "is in version \(found) of the format; this reader takes version \(supported.major)"
    case .fileLength(let declared, let found): "has \(found) bytes where \(declared) are declared"
    case .headerDamaged: "header and section table do not fit their checksum"
    case .overLimit(let what, let found, let limit):
      "\(what) is \(found), more than the limit of \(limit)"
    case .reservedBits(_, let flags): "unknown flags \(flags)"
    case .sectionOffset(_, let expected, let found):
      "section must start at offset \(expected), not \(found)"
    case .sectionLength(_, let found, let remaining):
      "section of \(found) bytes where \(remaining) are left"
    case .trailingBytes(_, let count): "\(count) bytes belong to no section"
    case .unknownRequiredSection(_, let kind):
      "needs a newer reader: required section of unknown kind \(kind)"
    case .unexpectedSection(_, let expected, let found): "expected \(expected), found \(found)"
    case .tensorCount(let expected, let found):
      "has \(found) tensors for \(expected) constants"
    case .missingSection(let name): "\(name) is missing"
    case .codec(_, let codec): "can't be stored as \(codec)"
    case .sectionDamaged: "is damaged: the bytes do not fit their checksum"
    case .rawLength(_, let expected, let found): "decodes to \(found) bytes, not \(expected)"
    case .frame(_, let reason): "is not a sound zstd frame: \(reason)"
    case .message(let error): error.what
    case .graph(let error): error.what
    case .constant(_, let error): error.what
    case .outOfMemory(_, let byteCount): "no memory for \(byteCount) bytes"
    }
  }

  public var place: String? {
    switch self {
    case .file(let error): error.place
    case .header(let error): error.place
    case .notVMIR, .otherKind, .alteredInTransfer, .unsupportedVersion, .fileLength, .overLimit,
      .tensorCount, .missingSection:
      nil
    case .headerDamaged: "offset 24"
    case .reservedBits(let section, _), .sectionOffset(let section, _, _),
      .sectionLength(let section, _, _), .unknownRequiredSection(let section, _),
      .unexpectedSection(let section, _, _):
      "section \(section)"
    case .trailingBytes(let offset, _): "offset \(offset)"
    case .sectionDamaged(let section, let offset): "\(section), offset \(offset)"
    case .codec(let section, _), .rawLength(let section, _, _), .frame(let section, _),
      .outOfMemory(let section, _):
      section
    case .message(let error): error.place
    case .graph(let error): error.place
    case .constant(let name, let error): error.place ?? "tensor \(name)"
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .file(let error): error.exitStatus
    case .unsupportedVersion, .unknownRequiredSection, .outOfMemory: .unsupported
    case .codec(_, .unknown): .unsupported
    case .otherKind(let kind): kind.isSound ? .unsupported : .badInput
    case .message(let error): error.exitStatus
    case .constant(_, let error): error.exitStatus
    case .notVMIR, .alteredInTransfer, .header, .fileLength, .headerDamaged, .overLimit,
      .reservedBits, .sectionOffset, .sectionLength, .trailingBytes, .unexpectedSection,
      .tensorCount, .missingSection, .codec, .sectionDamaged, .rawLength, .frame, .graph:
      .badInput
    }
  }
}
