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

  package var what: String {
    switch self {
    case .bytes(let error): "graph message \(error.what)"
    case .varint: "integer of more than 64 bits"
    case .tag: "invalid field tag"
    case .wireType(_, let field): "\(field) has the wrong wire type"
    case .repeatedField(_, let field): "\(field) appears more than once"
    case .missingField(_, let field): "\(field) is missing"
    case .number(_, let field): "\(field) is out of range"
    case .notUTF8: "text is not UTF-8"
    case .unknownEnumerator(_, let field, let value):
      "needs a newer reader: \(field) has the unknown value \(value)"
    case .unknownOperator(_, let node): "needs a newer reader: operator of node \(node) is unknown"
    case .overLimit(_, let what, let limit): "more than \(limit) \(what)"
    }
  }

  package var place: String? {
    switch self {
    case .bytes(let error): error.place.map { "graph message, \($0)" }
    case .varint(let offset), .tag(let offset), .wireType(let offset, _),
      .repeatedField(let offset, _), .missingField(let offset, _), .number(let offset, _),
      .notUTF8(let offset),
      .unknownEnumerator(let offset, _, _), .unknownOperator(let offset, _),
      .overLimit(let offset, _, _):
      "graph message, offset \(offset)"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .unknownEnumerator, .unknownOperator: .unsupported
    case .bytes, .varint, .tag, .wireType, .repeatedField, .missingField, .number, .notUTF8,
      .overLimit:
      .badInput
    }
  }
}
