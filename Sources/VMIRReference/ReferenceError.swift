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

  package var diagnostic: Diagnostic {
    switch self {
    case .graph(let error): error.diagnostic
    case .constant(let name, let error):
      error.diagnostic.located(at: "tensor \(name)")
    case .input(let expected, let found):
      Diagnostic("input must be \(expected), is \(found)", .invalidInput)
    case .result(let node, let expected, let found):
      Diagnostic(
        "result must be \(expected.map { $0.map { "\($0)" } ?? "?" }), is \(found)",
        at: "node \(node)", .internal)
    case .noReference(let node, let mnemonic):
      Diagnostic("\(mnemonic) has no reference", at: "node \(node)", .internal)
    }
  }
}
