package import VMIRCore
package import VMIRGraph

/// Why a network can't be planned for a size on this machine.
package enum PlanError: Diagnosed {
  /// The input size is not a multiple of what the network needs, or not its fixed size.
  case inputSize(height: Int, width: Int, needed: String)
  /// The size makes an extent or a buffer that does not fit an `Int`.
  case tooLarge(node: String)
  /// A node has no kernel.
  case unsupported(node: String, reason: String)
  /// Weight data is unavailable.
  case weight(name: String, ConstantError)
  /// The graph is not a whole network.
  case graph(GraphError)
  /// More bytes would be taken than may be.
  case memory(needed: Int, available: Int)
  /// Allocation failed.
  case outOfMemory(byteCount: Int)

  package var diagnostic: Diagnostic {
    switch self {
    case .inputSize(let height, let width, let needed):
      Diagnostic("input size \(width)x\(height) is not supported: \(needed)", .invalidInput)
    case .tooLarge(let node):
      Diagnostic("the picture is too large", at: "node \(node)", .unsupported)
    case .unsupported(let node, let reason): Diagnostic(reason, at: "node \(node)", .unsupported)
    case .weight(let name, let error): error.diagnostic.located(at: "tensor \(name)")
    case .graph(let error):
      Diagnostic(error.what, at: error.place, .invalidInput)
    case .memory(let needed, let available):
      Diagnostic(
        "needs \(needed / 1_000_000 + 1) MB of memory, \(available / 1_000_000) MB are available",
        .resource)
    case .outOfMemory(let byteCount):
      Diagnostic("allocation of \(byteCount >> 20) MiB failed", .resource)
    }
  }
}
