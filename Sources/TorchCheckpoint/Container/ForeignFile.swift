package import VMIRCore
import ZipArchive

/// File types other than a checkpoint, detected by signature.
package enum ForeignFile: Equatable, Sendable {
  /// Another kind of file.
  case kind(FileKind)
  /// An archive of `torch.export`.
  case torchExport
  /// A model of Keras 3.
  case keras
  /// A zip archive around these checkpoints and networks.
  case archive(of: [String])
  /// Another zip archive.
  case otherArchive

  /// A human-readable description.
  var diagnostic: Diagnostic {
    switch self {
    case .kind(let kind):
      Diagnostic(kind.refusal(for: .source), kind.isSound ? .unsupported : .invalidInput)
    case .torchExport:
      Diagnostic(
        "is an archive of torch.export, which holds a program; "
          + "save its state_dict() with torch.save", .unsupported)
    case .keras:
      Diagnostic(
        "is a Keras model, not a PyTorch checkpoint; vmir-convert takes the network's PyTorch "
          + "checkpoint or ONNX export", .unsupported)
    case .archive(let names):
      Diagnostic(
        "is a zip archive that holds \(list(names)); unpack it and convert "
          + (names.count == 1 ? "that file" : "one of them"), .unsupported)
    case .otherArchive:
      Diagnostic("is a zip archive without data.pkl, not a PyTorch checkpoint", .invalidInput)
    }
  }

  /// What a zip archive is that has no `data.pkl`.
  static func recognize(archive: ZipArchive) -> ForeignFile {
    let files = archive.entries.filter { !$0.isDirectory }
    if !files.isEmpty, files.allSatisfy({ $0.name.hasSuffix(".npy") }) {
      return .kind(.numpyArchive)
    }
    func has(_ name: String) -> Bool {
      files.contains { $0.name == name || $0.name.hasSuffix("/" + name) }
    }
    if has("archive_format") { return .torchExport }
    if has("model.weights.h5"), has("config.json") { return .keras }
    let networks = files.map(\.name).filter { name in
      !name.hasPrefix("__MACOSX/")
        && networkEndings.contains { name.lowercased().hasSuffix($0) }
    }
    return networks.isEmpty ? .otherArchive : .archive(of: networks)
  }

  /// Endings of the files that networks come in.
  private static let networkEndings = [
    ".pth", ".pt", ".ckpt", ".bin", ".pkl", ".tar", ".safetensors", ".safetensors.index.json",
    ".onnx", ".vmir",
  ]
}
