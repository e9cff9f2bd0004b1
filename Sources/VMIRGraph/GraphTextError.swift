package import VMIRCore

/// Why a text is not a graph; each case carries the line, counted from 1.
package enum GraphTextError: Diagnosed {
  /// The first line is not `vmir-graph 1`.
  case notAGraph
  /// Something else was expected.
  case syntax(line: Int, expected: String)
  /// A name is used that is not defined before.
  case unknownName(line: Int, name: String)
  /// There is no such operator, metadata key or element type.
  case unknownWord(line: Int, word: String)
  /// An attribute is missing, unexpected, or has the wrong type.
  case attribute(line: Int, name: String)
  /// A node's types are not those that its operator's rule gives.
  case typeMismatch(line: Int, written: String, derived: String)
  /// A node breaks a rule.
  case graph(line: Int, GraphError)

  package var diagnostic: Diagnostic {
    switch self {
    case .notAGraph:
      Diagnostic("is not the text form of a graph", at: "line 1", .invalidInput)
    case .syntax(let line, let expected):
      Diagnostic("expected \(expected)", at: "line \(line)", .invalidInput)
    case .unknownName(let line, let name):
      Diagnostic("\(name) is not defined before", at: "line \(line)", .invalidInput)
    case .unknownWord(let line, let word):
      Diagnostic("unknown word \(word)", at: "line \(line)", .invalidInput)
    case .attribute(let line, let name):
      Diagnostic(
        "attribute \(name) is missing, unexpected, or has the wrong type", at: "line \(line)",
        .invalidInput)
    case .typeMismatch(let line, let written, let derived):
      Diagnostic("type is \(derived), not \(written)", at: "line \(line)", .invalidInput)
    case .graph(let line, let error):
      Diagnostic(error.diagnosis, at: "line \(line)", .invalidInput)
    }
  }
}
