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

  public var what: String {
    switch self {
    case .inputSize(let height, let width, let needed):
      "an input of \(width)x\(height) pixels does not fit: \(needed)"
    case .tooLarge: "the picture is too large"
    case .unsupported(_, let reason): reason
    case .weight(_, let error): error.what
    case .graph(let error): error.what
    case .outOfMemory(let byteCount): "\(byteCount >> 20) MiB of memory can't be had"
    }
  }

  public var place: String? {
    switch self {
    case .inputSize, .outOfMemory: nil
    case .tooLarge(let node), .unsupported(let node, _): "node \(node)"
    case .weight(let name, let error): error.place ?? "tensor \(name)"
    case .graph(let error): error.place
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .inputSize, .graph: .badInput
    case .weight(_, let error): error.exitStatus
    case .tooLarge, .unsupported, .outOfMemory: .unsupported
    }
  }
}
