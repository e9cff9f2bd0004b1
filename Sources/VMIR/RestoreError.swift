import VMIRCore

/// Why a picture can't be restored.
public enum RestoreError: Diagnosed {
  /// The picture does not fit the network, or its output is not a valid picture.
  case picture(Diagnostic)
  /// The picture has another number of channels than the network takes.
  case channels(expected: Int, found: Int)
  /// The network can't be run at this size.
  case plan(Diagnostic)
  /// The network takes pictures of one size only, and the options ask for another.
  case fixedSize(height: Int?, width: Int?, reason: String)
  /// Tiles of this side can't share so many pixels.
  case overlap(Int, tile: Int, maximum: Int)
  /// The run would need more bytes of memory than allowed, or than the machine has left.
  case memory(needed: Int, available: Int)
  /// The caller cancelled the run.
  case cancelled

  public var diagnostic: Diagnostic {
    switch self {
    case .picture(let reason), .plan(let reason): reason
    case .channels(let expected, let found):
      Diagnostic("has \(found) channels, the network takes \(expected)", .invalidInput)
    case .fixedSize(let height, let width, let reason):
      Diagnostic(
        "the network takes \(Restorer.sizeText(height: height, width: width)) only: \(reason)",
        .unsupported)
    case .overlap(let overlap, let tile, let maximum):
      Diagnostic(
        "tiles of \(tile) pixels can share at most \(maximum) with this network, not \(overlap)",
        .misuse)
    case .memory(let needed, let available):
      Diagnostic(
        "needs \(needed / 1_000_000 + 1) MB of memory, \(available / 1_000_000) MB are available",
        .resource)
    case .cancelled: Diagnostic("was cancelled", .misuse, exit: .internalError)
    }
  }
}
