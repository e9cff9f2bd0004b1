import VMIRCore
import ZipArchive

/// What a file is that is no checkpoint of `torch.save`, told by its content.
public enum ForeignFile: Equatable, Sendable, CaseIterable {
  case empty, webPage, lfsPointer, gzip, xz, bzip2, zstd, sevenZip, rar, tar
  case safetensors, numpy, numpyArchive, hdf5, gguf, json, plainPickle
  case torchScript, torchExport, otherArchive, unknown

  /// What is wrong, for people.
  var what: String {
    let save = "save its state_dict() with torch.save"
    return switch self {
    case .empty: "is empty"
    case .webPage: "is a web page, not a checkpoint; the download gave an HTML page instead"
    case .lfsPointer: "is a Git LFS pointer, not the checkpoint; fetch it with git lfs pull"
    case .gzip: "is compressed with gzip; unpack it first"
    case .xz: "is compressed with xz; unpack it first"
    case .bzip2: "is compressed with bzip2; unpack it first"
    case .zstd: "is compressed with zstd; unpack it first"
    case .sevenZip: "is a 7z archive; unpack it first"
    case .rar: "is a RAR archive; unpack it first"
    case .tar:
      "is a tar archive; if it is a checkpoint of PyTorch before 0.2, load it there and \(save)"
    case .safetensors: "is a safetensors file; load it in Python and \(save)"
    case .numpy: "is a NumPy array (.npy), not a PyTorch checkpoint"
    case .numpyArchive: "is a NumPy archive (.npz), not a PyTorch checkpoint"
    case .hdf5: "is an HDF5 file, not a PyTorch checkpoint"
    case .gguf: "is a GGUF file, not a PyTorch checkpoint"
    case .json: "is JSON text, not a PyTorch checkpoint"
    case .plainPickle: "is a plain Python pickle, not written by torch.save"
    case .torchScript: "is a TorchScript archive; load it with torch.jit.load and \(save)"
    case .torchExport: "is an archive of torch.export, which holds a program; \(save)"
    case .otherArchive: "is a zip archive without data.pkl, not a PyTorch checkpoint"
    case .unknown: "is not a PyTorch checkpoint"
    }
  }

  /// Whether the file is damaged or is something sound that can't be used.
  var exitStatus: ExitStatus {
    switch self {
    case .empty, .webPage, .lfsPointer, .json, .otherArchive, .unknown: .badInput
    case .gzip, .xz, .bzip2, .zstd, .sevenZip, .rar, .tar, .safetensors, .numpy, .numpyArchive,
      .hdf5, .gguf, .plainPickle, .torchScript, .torchExport:
      .unsupported
    }
  }

  /// What a file is that starts with neither a zip member nor a pickle.
  ///
  /// - Parameters:
  ///   - head: First bytes, up to `headByteCount`.
  ///   - byteCount: Bytes of the whole file.
  /// - Returns: `unknown` where nothing fits.
  static func recognise(head: [UInt8], byteCount: Int) -> ForeignFile {
    guard !head.isEmpty else { return .empty }
    let kind = head.withUnsafeBytes { FileKind($0) }
    if let file = byKind.first(where: { $0.kind == kind })?.file { return file }
    if head.dropFirst(257).starts(with: "ustar".utf8) { return .tar }
    if isSafetensors(head, byteCount: byteCount) { return .safetensors }
    if kind == .gitLFSPointer { return .lfsPointer }
    if kind == .html { return .webPage }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = head.dropFirst(head.starts(with: mark) ? 3 : 0).drop { $0 == 0x20 || (9...13) ~= $0 }
    let inner = text.dropFirst().drop { $0 == 0x20 || (9...13) ~= $0 }.first
    if text.first == UInt8(ascii: "{"), inner == UInt8(ascii: "\"") { return .json }
    return .unknown
  }

  /// What a zip archive is that has no `data.pkl`.
  static func recognise(archive: ZipArchive) -> ForeignFile {
    let files = archive.entries.filter { !$0.isDirectory }
    if !files.isEmpty, files.allSatisfy({ $0.name.hasSuffix(".npy") }) { return .numpyArchive }
    if files.contains(where: { $0.name.hasSuffix("/archive_format") || $0.name == "archive_format" }
    ) {
      return .torchExport
    }
    return .otherArchive
  }

  /// Bytes of a file's start that `recognise(head:byteCount:)` looks at.
  static let headByteCount = 512

  /// The header's length, then JSON text; the length must fit into the file.
  private static func isSafetensors(_ head: [UInt8], byteCount: Int) -> Bool {
    guard head.count > 8, head[8] == UInt8(ascii: "{") else { return false }
    let length = head[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return length >= 2 && length <= UInt64(byteCount - 8)
  }

  private static let byKind: [(kind: FileKind, file: ForeignFile)] = [
    (.gzip, .gzip), (.xz, .xz), (.bzip2, .bzip2), (.zstd, .zstd), (.sevenZip, .sevenZip),
    (.rar, .rar), (.npy, .numpy), (.hdf5, .hdf5), (.gguf, .gguf),
  ]
}
