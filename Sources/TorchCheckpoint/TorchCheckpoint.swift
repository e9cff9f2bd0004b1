import VMIRCore
import ZipArchive

/// A file that `torch.save` wrote, read as inert data.
///
/// Opening reads the pickle and no tensor. `Formats/torch-checkpoint.md` says what is accepted.
public struct TorchCheckpoint: Sendable {
  /// How the file is built.
  public enum Format: Equatable, Sendable {
    /// A zip archive, as PyTorch writes since 1.6.
    case zip
    /// Pickles followed by the storages.
    case legacy
  }

  /// How the file is built.
  public let format: Format
  let reader: TensorReader
  let limits: CheckpointLimits

  var tree: TorchTree { reader.tree }

  /// Opens the file at `path`.
  ///
  /// - Throws: `file`, `directory`, `foreign` where it is something else, `cutOff`, `tooShort`,
  ///   `zip`, `pickle`, and what contradicts the format.
  public static func open(
    path: String, limits: CheckpointLimits = CheckpointLimits()
  ) throws(TorchCheckpointError) -> TorchCheckpoint {
    let file: FileSource
    do throws(FileError) {
      file = try FileSource(path: path)
    } catch {
      throw error == .isDirectory ? .directory : .file(error)
    }
    return try open(.file(file), limits: limits)
  }

  /// Opens a checkpoint in a file or in memory.
  ///
  /// - Throws: As `open(path:limits:)`.
  public static func open(
    _ source: ByteSource, limits: CheckpointLimits = CheckpointLimits()
  ) throws(TorchCheckpointError) -> TorchCheckpoint {
    let head: [UInt8]
    do throws(FileError) {
      head = try source.read(count: min(source.byteCount, ForeignFile.headByteCount), at: 0)
    } catch {
      throw .file(error)
    }
    switch start(of: head) {
    case .zip: return try openZip(source, limits: limits)
    case .legacy: return try openLegacy(source, limits: limits)
    case nil: throw .foreign(.recognise(head: head, byteCount: source.byteCount))
    }
  }

  /// The format that a file's first bytes (four are enough) are those of, or nil where it can be
  /// no checkpoint.
  public static func start(of head: [UInt8]) -> Format? {
    let isZip =
      head.starts(with: [0x50, 0x4B, 3, 4]) || head.starts(with: [0x50, 0x4B, 5, 6])
    if isZip { return .zip }
    guard head.count >= 2, head[0] == 0x80, (2...5).contains(head[1]) else { return nil }
    return .legacy
  }
}
