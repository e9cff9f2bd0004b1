import VMIRCore
import VMIRGraph

/// Why a graph could not be interpreted.
public enum ReferenceError: Diagnosed {
  /// The graph is not a network.
  case graph(GraphError)
  /// The elements of a constant can't be had.
  case constant(name: String, ConstantError)
  /// The input has another shape than the graph takes.
  case input(expected: String, found: [Int])
  /// A result does not have the shape that its type rule says: rule or reference is wrong.
  case result(node: String, expected: [Int?], found: [Int])
  /// The operator has no row in the table.
  case noReference(node: String, mnemonic: String)

  public var what: String {
    switch self {
    case .graph(let error): error.what
    case .constant(_, let error): error.what
    case .input(let expected, let found): "input must be \(expected), is \(found)"
    case .result(_, let expected, let found):
      "result must be \(expected.map { $0.map { "\($0)" } ?? "?" }), is \(found)"
    case .noReference(_, let mnemonic): "\(mnemonic) has no reference"
    }
  }

  public var place: String? {
    switch self {
    case .graph(let error): error.place
    case .constant(let name, let error): error.place ?? "tensor \(name)"
    case .input: nil
    case .result(let node, _, _), .noReference(let node, _): "node \(node)"
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .graph(let error): error.exitStatus
    case .constant(_, let error): error.exitStatus
    case .input: .badInput
    case .result, .noReference: .internalError
    }
  }
}
