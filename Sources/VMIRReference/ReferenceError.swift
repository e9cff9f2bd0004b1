package import VMIRCore
package import VMIRGraph

/// Why a graph could not be interpreted.
package enum ReferenceError: Diagnosed {
  /// The graph is not a network.
  case graph(GraphError)
  /// Constant data is unavailable.
  case constant(name: String, ConstantError)
  /// The input has another shape than the graph takes.
  case input(expected: String, found: [Int])
  /// A result does not have the shape that its type rule says: rule or reference is wrong.
  case result(node: String, expected: [Int?], found: [Int])
  /// The operator has no row in the table.
  case noReference(node: String, mnemonic: String)

  package var what: String {
    switch self {
    case .graph(let error): error.what
    case .constant(_, let error): error.what
    case .input(let expected, let found): "input must be \(expected), is \(found)"
    case .result(_, let expected, let found):
      "result must be \(expected.map { $0.map { "\($0)" } ?? "?" }), is \(found)"
    case .noReference(_, let mnemonic): "\(mnemonic) has no reference"
    }
  }

  package var place: String? {
    switch self {
    case .graph(let error): error.place
    case .constant(let name, let error): error.place ?? "tensor \(name)"
    case .input: nil
    case .result(let node, _, _), .noReference(let node, _): "node \(node)"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .graph(let error): error.exitStatus
    case .constant(_, let error): error.exitStatus
    case .input: .badInput
    case .result, .noReference: .internalError
    }
  }
}
