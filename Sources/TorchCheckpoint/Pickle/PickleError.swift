package import VMIRCore

/// Why a pickle can't be read; offsets count from the start of the `data.pkl` or legacy file.
package enum PickleError: Diagnosed {
  /// The bytes can't be read.
  case file(FileError)
  /// The pickle ends before its end mark.
  case truncated(offset: Int)
  /// A byte that is no opcode, or one for which inert data has no meaning.
  case unknownOpcode(opcode: UInt8, offset: Int)
  /// A protocol newer than 5.
  case unknownProtocol(version: UInt8, offset: Int)
  /// An opcode takes more values than there are.
  case stackUnderflow(offset: Int)
  /// An opcode takes the values above a mark, and there is none.
  case noMark(offset: Int)
  /// A value that was never remembered is asked for.
  case noMemo(index: Int, offset: Int)
  /// An opcode adds to a value that can't hold it.
  case wrongTarget(operation: String, target: String, offset: Int)
  /// A name is not text.
  case badName(offset: Int)
  /// Text is not UTF-8.
  case badText(offset: Int)
  /// A number in text form is none.
  case badNumber(offset: Int)
  /// A length is negative or larger than what is left.
  case badLength(length: UInt64, offset: Int)
  /// A string is over the limit.
  case stringTooLong(byteCount: Int, limit: Int, offset: Int)
  /// More bytes than the limit.
  case tooLong(limit: Int)
  /// More opcodes than the limit.
  case tooManyOpcodes(limit: Int)
  /// More containers and objects than the limit.
  case tooManyNodes(limit: Int)

  package var what: String {
    switch self {
    case .file(let error): error.what
    case .truncated: "the pickle is cut off"
    case .unknownOpcode(let opcode, _):
      "the pickle has an unknown opcode 0x\(opcode < 16 ? "0" : "")\(String(opcode, radix: 16))"
    case .unknownProtocol(let version, _):
      "the pickle is of protocol \(version); protocols up to 5 can be read"
    case .stackUnderflow: "the pickle takes a value that is not there"
    case .noMark: "the pickle takes values up to a mark that is not there"
    case .noMemo(let index, _): "the pickle refers to value \(index), which it never remembered"
    case .wrongTarget(let operation, let target, _): "the pickle \(operation) \(target)"
    case .badName: "the pickle has a name that is not text"
    case .badText: "the pickle has text that is not UTF-8"
    case .badNumber: "the pickle has a number that can't be read"
    case .badLength(let length, _):
      "the pickle claims \(length) bytes, more than there are"
    case .stringTooLong(let byteCount, let limit, _):
      "the pickle has a string of \(byteCount) bytes, more than the limit of \(limit)"
    case .tooLong(let limit): "the pickle is longer than the limit of \(limit) bytes"
    case .tooManyOpcodes(let limit): "the pickle has more than \(limit) opcodes"
    case .tooManyNodes(let limit): "the pickle has more than \(limit) containers"
    }
  }

  package var place: String? {
    switch self {
    case .file(let error): error.place
    case .truncated(let offset), .unknownOpcode(_, let offset), .unknownProtocol(_, let offset),
      .stackUnderflow(let offset), .noMark(let offset), .noMemo(_, let offset),
      .wrongTarget(_, _, let offset), .badName(let offset), .badText(let offset),
      .badNumber(let offset), .badLength(_, let offset), .stringTooLong(_, _, let offset):
      "pickle offset \(offset)"
    case .tooLong, .tooManyOpcodes, .tooManyNodes: nil
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .file(let error): error.exitStatus
    case .unknownProtocol: .unsupported
    case .truncated, .unknownOpcode, .stackUnderflow, .noMark, .noMemo, .wrongTarget, .badName,
      .badText, .badNumber, .badLength, .stringTooLong, .tooLong, .tooManyOpcodes, .tooManyNodes:
      .badInput
    }
  }
}
