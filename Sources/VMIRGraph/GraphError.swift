package import VMIRCore

/// Which rule of an operator its operands or attributes break.
package enum TypeError: Error, Equatable, Sendable {
  /// The operator takes another number of operands.
  case operandCount(expected: String, found: Int)
  /// An operand has another number of axes.
  case rank(operand: String, expected: Int, found: TensorType)
  /// An operand has an element type that the operator does not take.
  case dtype(operand: String, expected: String, found: DType)
  /// An extent of an operand is not what the others demand.
  case extent(operand: String, axis: Int, expected: String, found: Dim)
  /// An attribute's value is out of range.
  case attribute(name: String, reason: String)

  /// What is wrong, in one line.
  package var what: String {
    switch self {
    case .operandCount(let expected, let found): "takes \(expected) operands, has \(found)"
    case .rank(let operand, let expected, let found):
      "\(operand) must have \(expected) axes, is \(found)"
    case .dtype(let operand, let expected, let found):
      "\(operand) must be \(expected), is \(found.name)"
    case .extent(let operand, let axis, let expected, let found):
      "axis \(axis) of \(operand) must be \(expected), is \(found)"
    case .attribute(let name, let reason): "\(name) \(reason)"
    }
  }
}

/// Why a graph is not a network.
package enum GraphError: Diagnosed {
  /// A node breaks the rule of its operator.
  case type(node: String, TypeError)
  /// A node uses a value that does not exist before it.
  case unknownValue(node: String, index: Int)
  /// A node has another number of results than its user needs.
  case resultCount(node: String, expected: Int, found: Int)
  /// The types of a node's results are not those that its operator's rule gives.
  case staleType(node: String)
  /// An invariant of the verifier is broken.
  case invariant(number: Int, reason: String)

  package var diagnostic: Diagnostic {
    switch self {
    case .type(let node, let error): Diagnostic(error.what, at: "node \(node)", .invalidInput)
    case .unknownValue(let node, let index):
      Diagnostic("uses value \(index) before it is defined", at: "node \(node)", .invalidInput)
    case .resultCount(let node, let expected, let found):
      Diagnostic("has \(found) results, not \(expected)", at: "node \(node)", .invalidInput)
    case .staleType(let node):
      Diagnostic("has results that its operator does not give", at: "node \(node)", .invalidInput)
    case .invariant(let number, let reason):
      Diagnostic("graph invariant \(number): \(reason)", .invalidInput)
    }
  }
}
