package import ONNXModel
package import VMIRCore

/// Why an ONNX graph can't be imported.
package enum ONNXImportError: Diagnosed {
  /// The model can't be read.
  case model(ONNXError)
  /// The graph contradicts itself.
  case malformed(node: String, reason: String)
  /// Nodes that the output depends on are not recognised; the first of them and their count.
  case unsupported(node: String, op: String, reason: String, count: Int)
  /// The graph's input or output is not an image.
  case interface(reason: String)
  /// The export lost what the network computes.
  case broken(node: String, reason: String)
  /// A weight would not be what the network needs.
  case weight(name: String, reason: String)

  package var diagnostic: Diagnostic {
    switch self {
    case .model(let error): error.diagnostic
    case .malformed(let node, let reason):
      Diagnostic(
        "is not a valid ONNX graph: \(reason)", at: node.isEmpty ? nil : "node \(printable(node))",
        .invalidInput)
    case .unsupported(let node, let op, let reason, let count):
      Diagnostic(
        "\(printable(op)) can't be converted: \(reason)"
          + (count > 1 ? "; \(count) nodes can't be converted" : ""),
        at: node.isEmpty ? nil : "node \(printable(node))", .unsupported)
    case .interface(let reason):
      Diagnostic(reason, .unsupported)
    case .broken(let node, let reason):
      Diagnostic(
        "is a broken export: \(reason)", at: node.isEmpty ? nil : "node \(printable(node))",
        .invalidInput)
    case .weight(let name, let reason):
      Diagnostic(reason, at: "tensor \(printable(name))", .invalidInput)
    }
  }
}
