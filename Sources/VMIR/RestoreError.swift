import VMIRCore
import VMIRImage
import VMIRRuntime

/// Why a picture could not be restored.
public enum RestoreError: Diagnosed {
  /// The picture does not fit the network.
  case picture(PictureError)
  /// The picture has another number of channels than the network takes.
  case channels(expected: Int, found: Int)
  /// The network can't be run at this size.
  case plan(PlanError)
  /// The network takes pictures of one size only, and the options ask for another.
  case fixedSize(height: Int?, width: Int?, reason: String)
  /// The run would need more bytes of memory than allowed, or than the machine has left.
  case memory(needed: Int, available: Int)
  /// The caller ended the run.
  case cancelled

  public var what: String {
    switch self {
    case .picture(let error): error.what
    case .channels(let expected, let found):
      "has \(found) channels, the network takes \(expected)"
    case .plan(let error): error.what
    case .fixedSize(let height, let width, let reason):
      "the network takes \(Restorer.sizeText(height: height, width: width)) only: \(reason)"
    case .memory(let needed, let available):
      "needs \(needed / 1_000_000 + 1) MB of memory, \(available / 1_000_000) MB may be taken"
    case .cancelled: "was cancelled"
    }
  }

  public var place: String? {
    switch self {
    case .picture(let error): error.place
    case .plan(let error): error.place
    case .channels, .fixedSize, .memory, .cancelled: nil
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .picture(let error): error.exitStatus
    case .plan(let error): error.exitStatus
    case .channels: .badInput
    case .fixedSize, .memory: .unsupported
    case .cancelled: .internalError
    }
  }
}
