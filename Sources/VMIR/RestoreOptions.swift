/// How a picture is restored.
public struct RestoreOptions: Equatable, Sendable {
  /// Whether a picture is cut into tiles; those of a network of a fixed size have that size, however
  /// much memory there is.
  public enum Tiling: Equatable, Sendable {
    /// Where the whole needs more memory than allowed: into tiles as large as allowed.
    case automatic
    /// Never.
    case off
    /// Always, into tiles of at most this many pixels a side.
    case size(Int)
  }

  /// Whether a picture is cut into tiles.
  public var tiling = Tiling.automatic
  /// Input pixels that neighbouring tiles share at least; nil for 64, or a quarter of a smaller tile.
  public var overlap: Int?
  /// Bytes that the process may take at the peak; nil for what the machine has left.
  public var memoryByteCount: Int?
  /// Whether the results for the picture's eight turns and mirrorings are averaged.
  public var isEnsemble = false

  /// Whole pictures where memory allows, else tiles.
  public init() {}
}
