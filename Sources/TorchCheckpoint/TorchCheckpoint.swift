package import VMIRCore
import ZipArchive

/// A file that `torch.save` or safetensors wrote, read as inert data.
///
/// Opening reads the table of tensors and no tensor. `Formats/torch-checkpoint.md` and
/// `Formats/safetensors.md` say what is accepted.
package struct TorchCheckpoint: Sendable {
  /// How the file is built.
  package enum Format: Equatable, Sendable {
    /// A zip archive, as PyTorch writes since 1.6.
    case zip
    /// Pickles followed by the storages.
    case legacy
    /// A safetensors file, or several of which an index was opened.
    case safetensors
  }

  /// How the file is built.
  package let format: Format
  /// What a safetensors file says about itself, by name; empty for others.
  package let metadata: [String: String]
  let reader: TensorReader
  let limits: CheckpointLimits

  /// Paths of the files that tensors are read from, none for one in memory.
  package var files: [String] {
    reader.storages.sources.compactMap { source in
      if case .file(let file) = source { file.path } else { nil }
    }
  }

  var tree: TorchTree { reader.tree }

  init(
    format: Format, reader: TensorReader, limits: CheckpointLimits,
    metadata: [String: String] = [:]
  ) {
    self.format = format
    self.reader = reader
    self.limits = limits
    self.metadata = metadata
  }

  /// Opens what the user named: a checkpoint in a file or from a pipe, or the index of several
  /// safetensors files.
  ///
  /// - Throws: `file`, `directory`, `foreign` where it is something else, `cutOff`, `tooShort`,
  ///   `zip`, `pickle`, `safetensors`, and what contradicts the format.
  package static func open(
    path: String, limits: CheckpointLimits = CheckpointLimits()
  ) throws(TorchCheckpointError) -> TorchCheckpoint {
    let source: ByteSource
    do throws(FileError) {
      source = try ByteSource.named(path, limit: limits.streamByteCount)
    } catch {
      throw error == .isDirectory ? .directory : .file(error)
    }
    return try open(source, path: path, limits: limits)
  }

  /// Opens what was opened from `path`.
  ///
  /// - Throws: As `open(path:limits:)`.
  package static func open(
    _ source: ByteSource, path: String, limits: CheckpointLimits = CheckpointLimits()
  ) throws(TorchCheckpointError) -> TorchCheckpoint {
    let head = try head(of: source)
    if case .json = FileKind(head: head, byteCount: source.byteCount) {
      let name = path.utf8.reversed().prefix { $0 != UInt8(ascii: "/") }
      let folder = String(decoding: path.utf8.dropLast(name.count), as: UTF8.self)
      if let opened = try openIndex(source, folder: folder, limits: limits) { return opened }
    }
    return try open(source, limits: limits)
  }

  /// Opens a checkpoint in a file or in memory.
  ///
  /// - Throws: As `open(path:limits:)`.
  package static func open(
    _ source: ByteSource, limits: CheckpointLimits = CheckpointLimits()
  ) throws(TorchCheckpointError) -> TorchCheckpoint {
    let head = try head(of: source)
    let kind = FileKind(head: head, byteCount: source.byteCount)
    // First: the length that a safetensors file starts with may look like any other start.
    if kind == .safetensors { return try openSafetensors(source, limits: limits) }
    switch start(of: head) {
    case .zip: return try openZip(source, limits: limits)
    case .legacy: return try openLegacy(source, limits: limits)
    case .safetensors, nil: throw .foreign(.kind(kind))
    }
  }

  private static func head(of source: ByteSource) throws(TorchCheckpointError) -> [UInt8] {
    do throws(FileError) {
      return try source.read(count: min(source.byteCount, FileKind.headByteCount), at: 0)
    } catch {
      throw .file(error)
    }
  }

  /// The format that a pickled file's first bytes (four are enough) are those of, or nil where it
  /// can be none.
  package static func start(of head: [UInt8]) -> Format? {
    let isZip =
      head.starts(with: [0x50, 0x4B, 3, 4]) || head.starts(with: [0x50, 0x4B, 5, 6])
    if isZip { return .zip }
    guard head.count >= 2, head[0] == 0x80, (2...5).contains(head[1]) else { return nil }
    return .legacy
  }
}
