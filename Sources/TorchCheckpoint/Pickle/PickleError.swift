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

  package var diagnostic: Diagnostic {
    switch self {
    case .file(let error): error.diagnostic
    case .truncated(let offset):
      Diagnostic("the pickle is cut off", at: "pickle offset \(offset)", .invalidInput)
    case .unknownOpcode(let opcode, let offset):
      Diagnostic(
        "the pickle has an unknown opcode 0x\(opcode < 16 ? "0" : "")\(String(opcode, radix: 16))",
        at: "pickle offset \(offset)", .invalidInput)
    case .unknownProtocol(let version, let offset):
      Diagnostic(
        "the pickle is of protocol \(version); protocols up to 5 can be read",
        at: "pickle offset \(offset)", .unsupported)
    case .stackUnderflow(let offset):
      Diagnostic(
        "the pickle takes a value that is not there", at: "pickle offset \(offset)", .invalidInput)
    case .noMark(let offset):
      Diagnostic(
        "the pickle takes values up to a mark that is not there", at: "pickle offset \(offset)",
        .invalidInput)
    case .noMemo(let index, let offset):
      Diagnostic(
        "the pickle refers to value \(index), which it never remembered",
        at: "pickle offset \(offset)", .invalidInput)
    case .wrongTarget(let operation, let target, let offset):
      Diagnostic("the pickle \(operation) \(target)", at: "pickle offset \(offset)", .invalidInput)
    case .badName(let offset):
      Diagnostic(
        "the pickle has a name that is not text", at: "pickle offset \(offset)", .invalidInput)
    case .badText(let offset):
      Diagnostic(
        "the pickle has text that is not UTF-8", at: "pickle offset \(offset)", .invalidInput)
    case .badNumber(let offset):
      Diagnostic(
        "the pickle has a number that can't be read", at: "pickle offset \(offset)", .invalidInput)
    case .badLength(let length, let offset):
      Diagnostic(
        "the pickle claims \(length) bytes, more than there are", at: "pickle offset \(offset)",
        .invalidInput)
    case .stringTooLong(let byteCount, let limit, let offset):
      Diagnostic(
        "the pickle has a string of \(byteCount) bytes, more than the limit of \(limit)",
        at: "pickle offset \(offset)", .invalidInput)
    case .tooLong(let limit):
      Diagnostic("the pickle is longer than the limit of \(limit) bytes", .invalidInput)
    case .tooManyOpcodes(let limit):
      Diagnostic("the pickle has more than \(limit) opcodes", .invalidInput)
    case .tooManyNodes(let limit):
      Diagnostic("the pickle has more than \(limit) containers", .invalidInput)
    }
  }
}
