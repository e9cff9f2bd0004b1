package import VMIRCore

/// Why a graph message can't be read; offsets count from the start of the decoded message.
package enum MessageError: Diagnosed {
  /// The message ends inside a value.
  case bytes(ByteReaderError)
  /// A variable-length integer has more than 64 bits.
  case varint(offset: Int)
  /// A field has no valid number or an unknown wire type.
  case tag(offset: Int)
  /// A known field has another wire type than the schema says.
  case wireType(offset: Int, field: String)
  /// A non-repeated field appears more than once.
  case repeatedField(offset: Int, field: String)
  /// A required field is missing; the offset is in or at its message.
  case missingField(offset: Int, field: String)
  /// A number is out of its field's range.
  case number(offset: Int, field: String)
  /// A text is not UTF-8.
  case notUTF8(offset: Int)
  /// An enumeration has a value that this reader does not know.
  case unknownEnumerator(offset: Int, field: String, value: Int)
  /// A node has an operator that this reader does not know, or none.
  case unknownOperator(offset: Int, node: String)
  /// A count exceeds its limit.
  case overLimit(offset: Int, what: String, limit: Int)

  package var diagnostic: Diagnostic {
    switch self {
    case .bytes(let error):
      Diagnostic(
        "graph message \(error.what)", at: error.place.map { "graph message, \($0)" }, .invalidInput
      )
    case .varint(let offset):
      Diagnostic(
        "integer of more than 64 bits", at: "graph message, offset \(offset)", .invalidInput)
    case .tag(let offset):
      Diagnostic("invalid field tag", at: "graph message, offset \(offset)", .invalidInput)
    case .wireType(let offset, let field):
      Diagnostic(
        "\(field) has the wrong wire type", at: "graph message, offset \(offset)", .invalidInput)
    case .repeatedField(let offset, let field):
      Diagnostic(
        "\(field) appears more than once", at: "graph message, offset \(offset)", .invalidInput)
    case .missingField(let offset, let field):
      Diagnostic("\(field) is missing", at: "graph message, offset \(offset)", .invalidInput)
    case .number(let offset, let field):
      Diagnostic("\(field) is out of range", at: "graph message, offset \(offset)", .invalidInput)
    case .notUTF8(let offset):
      Diagnostic("text is not UTF-8", at: "graph message, offset \(offset)", .invalidInput)
    case .unknownEnumerator(let offset, let field, let value):
      Diagnostic(
        "needs a newer reader: \(field) has the unknown value \(value)",
        at: "graph message, offset \(offset)", .unsupported)
    case .unknownOperator(let offset, let node):
      Diagnostic(
        "needs a newer reader: operator of node \(node) is unknown",
        at: "graph message, offset \(offset)", .unsupported)
    case .overLimit(let offset, let what, let limit):
      Diagnostic("more than \(limit) \(what)", at: "graph message, offset \(offset)", .invalidInput)
    }
  }
}
