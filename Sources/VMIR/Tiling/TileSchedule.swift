/// Tiling and memory of one picture's restoration.
public struct TileSchedule: Equatable, Sendable {
  /// The cuts across the picture's height.
  let rows: TileAxis
  /// The cuts across its width.
  let columns: TileAxis
  /// Whether the eight flips and 90° rotations are averaged (test-time augmentation).
  let isEnsemble: Bool
  /// Whether the network takes pictures of one size only, so that larger ones are tiled and smaller
  /// ones padded.
  public let isFixedSize: Bool
  /// Bytes that the process takes at the peak, predicted.
  public let peakByteCount: Int
  /// Bytes that it would take without tiles.
  public let wholeByteCount: Int
  /// Bytes that it may take.
  public let allowedByteCount: Int
  /// Input pixels that neighbouring tiles share at least.
  public let overlap: Int
  /// Whether the result is that of the whole picture, bit for bit.
  package var isExact = false

  /// Pixels of a tile, padding included; those of the picture where there is one tile.
  public var tileHeight: Int { rows.length }
  /// Pixels of a tile, padding included.
  public var tileWidth: Int { columns.length }
  /// Number of tiles, 1 for the whole picture.
  public var tileCount: Int { rows.starts.count * columns.starts.count }
}
