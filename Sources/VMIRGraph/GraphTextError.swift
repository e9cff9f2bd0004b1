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

  package var what: String {
    switch self {
    case .notAGraph: "is not the text form of a graph"
    case .syntax(_, let expected): "expected \(expected)"
    case .unknownName(_, let name): "\(name) is not defined before"
    case .unknownWord(_, let word): "unknown word \(word)"
    case .attribute(_, let name): "attribute \(name) is missing, unexpected, or has the wrong type"
    case .typeMismatch(_, let written, let derived): "type is \(derived), not \(written)"
    case .graph(_, let error): error.diagnosis
    }
  }

  package var place: String? {
    switch self {
    case .notAGraph: "line 1"
    case .syntax(let line, _), .unknownName(let line, _), .unknownWord(let line, _),
      .attribute(let line, _), .typeMismatch(let line, _, _), .graph(let line, _):
      "line \(line)"
    }
  }

  package var exitStatus: ExitStatus { .badInput }
}
