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

  package var what: String {
    switch self {
    case .model(let error): error.what
    case .malformed(_, let reason): "is not a valid ONNX graph: \(reason)"
    case .unsupported(_, let op, let reason, let count):
      "\(printable(op)) can't be converted: \(reason)"
        + (count > 1 ? "; \(count) nodes can't be converted" : "")
    case .interface(let reason): reason
    case .broken(_, let reason): "is a broken export: \(reason)"
    case .weight(_, let reason): reason
    }
  }

  package var place: String? {
    switch self {
    case .model(let error): error.place
    case .malformed(let node, _), .unsupported(let node, _, _, _), .broken(let node, _):
      node.isEmpty ? nil : "node \(printable(node))"
    case .interface: nil
    case .weight(let name, _): "tensor \(printable(name))"
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .model(let error): error.exitStatus
    case .unsupported, .interface: .unsupported
    case .malformed, .broken, .weight: .badInput
    }
  }
}
