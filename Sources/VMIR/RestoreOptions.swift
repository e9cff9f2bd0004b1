/// Options for restoring a picture.
public struct RestoreOptions: Equatable, Sendable {
  /// When pictures are tiled; a network with a fixed input size is always tiled to that size.
  public enum Tiling: Equatable, Sendable {
    /// When the whole picture exceeds the memory limit, into tiles as large as the limit allows.
    case automatic
    /// Never.
    case off
    /// Always, into tiles of at most this many pixels a side.
    case size(Int)
  }

  /// Whether a picture is cut into tiles.
  public var tiling = Tiling.automatic
  /// Minimum overlap of neighbouring tiles in input pixels; nil for 64, or a quarter of a smaller
  /// tile.
  public var overlap: Int?
  /// Limit on peak memory of the process in bytes; nil for the memory available.
  public var memoryByteCount: Int?
  /// Whether to average over the eight flips and 90° rotations of the picture (test-time
  /// augmentation).
  public var isEnsemble = false
  /// Size of a picture's result; nil for that of the network.
  ///
  /// Only for pictures: `FloatImage`s keep the network's.
  public var size: ResultSize?

  /// Whole pictures where memory allows, else tiles.
  public init() {}
}
