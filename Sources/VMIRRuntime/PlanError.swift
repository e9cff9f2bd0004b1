import VMIRCore
import VMIRGraph

/// Why a network can't be run at some size on this machine.
public enum PlanError: Diagnosed {
  /// The input size is not a multiple of what the network needs, or not its fixed size.
  case inputSize(height: Int, width: Int, needed: String)
  /// The size makes an extent or a buffer that does not fit an `Int`.
  case tooLarge(node: String)
  /// A node asks for something that has no kernel.
  case unsupported(node: String, reason: String)
  /// The elements of a weight could not be had.
  case weight(name: String, ConstantError)
  /// The graph is not a whole network.
  case graph(GraphError)
  /// The system refused the memory.
  case outOfMemory(byteCount: Int)

  public var diagnostic: Diagnostic {
    switch self {
    case .inputSize(let height, let width, let needed):
      Diagnostic("an input of \(width)x\(height) pixels does not fit: \(needed)", .invalidInput)
    case .tooLarge(let node):
      Diagnostic("the picture is too large", at: "node \(node)", .unsupported)
    case .unsupported(let node, let reason): Diagnostic(reason, at: "node \(node)", .unsupported)
    case .weight(let name, let error): error.diagnostic.located(at: "tensor \(name)")
    case .graph(let error):
      Diagnostic(error.what, at: error.place, .invalidInput)
    case .outOfMemory(let byteCount):
      Diagnostic("\(byteCount >> 20) MiB of memory can't be had", .resource)
    }
  }
}
