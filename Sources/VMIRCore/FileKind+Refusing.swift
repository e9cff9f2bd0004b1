extension FileKind {
  /// What a program wants to read.
  package enum Purpose: Equatable, Sendable {
    /// A `.vmir` file to run.
    case model
    /// A checkpoint or a graph to convert.
    case source
  }

  /// Why a file of this kind is refused and what to do about it, for one line.
  package func refusal(for purpose: Purpose) -> String {
    let wanted = purpose == .model ? "a .vmir file" : "a PyTorch checkpoint"
    switch self {
    case .empty: return "is empty"
    case .unknown: return "is not \(wanted)"
    case .html: return "is a web page, not \(wanted); the download gave an HTML page instead"
    case .gitLFSPointer:
      let content = purpose == .model ? "the file itself" : "the checkpoint"
      return "is a Git LFS pointer, not \(content); fetch it with git lfs pull"
    case .json: return "is JSON text, not \(wanted)"
    case .gzip: return "is compressed with gzip; unpack it first"
    case .xz: return "is compressed with xz; unpack it first"
    case .bzip2: return "is compressed with bzip2; unpack it first"
    case .zstd: return "is compressed with zstd; unpack it first"
    case .sevenZip, .rar, .zip: return "is \(name); unpack it first"
    case .tar:
      return "is a tar archive; "
        + (purpose == .model
          ? "unpack it first"
          : "if it is a checkpoint of PyTorch before 0.2, load it there and save its state_dict() "
            + "with torch.save")
    case .vmir:
      return purpose == .model
        ? "is damaged"
        : "is a .vmir file already: vmir-run runs it, vmir-inspect shows what is in it; for other "
          + "weights convert its checkpoint again"
    case .torchCheckpoint, .safetensors, .onnx:
      return "is \(name); "
        + (purpose == .model ? "vmir-convert makes a .vmir file of it" : "it is damaged")
    case .pickle: return "is a plain Python pickle, not written by torch.save"
    case .torchScript:
      return "is \(name); load it with torch.jit.load and save its state_dict() with torch.save"
        + (purpose == .model ? ", which vmir-convert takes" : "")
    case .onnxRuntime:
      return "is \(name); vmir-convert takes the .onnx file that it was made from"
    case .tensorFlow, .tensorFlowLite, .hdf5, .coreML, .openVINO, .ncnn, .gguf:
      return "is \(name), not \(wanted); vmir-convert takes the network's PyTorch checkpoint or "
        + "ONNX export"
    case .npy: return "is a NumPy array (.npy), not \(wanted)"
    case .png, .jpeg, .gif, .bmp, .webP, .tiff, .jpegXL, .jpeg2000, .heif, .photoshop,
      .numpyArchive:
      return "is \(name), not \(wanted)"
    }
  }

  /// The kind with its article where it has one: `an HDF5 file`.
  public var name: String {
    switch self {
    case .empty: "an empty file"
    case .unknown: "an unknown kind of file"
    case .html: "an HTML or XML page"
    case .gitLFSPointer: "a git-LFS pointer, which git lfs pull replaces by the file"
    case .json: "JSON text"
    case .gzip: "a gzip file"
    case .xz: "an xz file"
    case .bzip2: "a bzip2 file"
    case .zstd: "a zstd file"
    case .sevenZip: "a 7z archive"
    case .rar: "a RAR archive"
    case .tar: "a tar archive"
    case .zip: "a zip archive"
    case .vmir: "a .vmir file"
    case .torchCheckpoint: "a PyTorch checkpoint"
    case .pickle: "a Python pickle"
    case .safetensors: "a safetensors file"
    case .onnx: "an ONNX model"
    case .onnxRuntime: "an ONNX Runtime model (.ort)"
    case .torchScript: "a TorchScript archive"
    case .tensorFlow: "a TensorFlow model"
    case .tensorFlowLite: "a TensorFlow Lite model"
    case .hdf5: "an HDF5 file"
    case .coreML: "a Core ML model"
    case .openVINO: "an OpenVINO network"
    case .ncnn: "an ncnn network"
    case .gguf: "a GGUF file"
    case .png: "a PNG picture"
    case .jpeg: "a JPEG picture"
    case .gif: "a GIF picture"
    case .bmp: "a BMP picture"
    case .webP: "a WebP picture"
    case .tiff: "a TIFF picture"
    case .jpegXL: "a JPEG XL picture"
    case .jpeg2000: "a JPEG 2000 picture"
    case .heif: "a HEIF or AVIF picture"
    case .photoshop: "a Photoshop picture"
    case .npy: "a NumPy array"
    case .numpyArchive: "a NumPy archive (.npz)"
    }
  }

  /// Whether the file is sound as far as can be told, only not what was wanted.
  package var isSound: Bool {
    switch self {
    case .empty, .unknown, .html, .gitLFSPointer, .json, .zip: false
    case .gzip, .xz, .bzip2, .zstd, .sevenZip, .rar, .tar, .vmir, .torchCheckpoint, .pickle,
      .safetensors, .onnx, .onnxRuntime, .torchScript, .tensorFlow, .tensorFlowLite, .hdf5,
      .coreML, .openVINO, .ncnn, .gguf, .png, .jpeg, .gif, .bmp, .webP, .tiff, .jpegXL,
      .jpeg2000, .heif, .photoshop, .npy, .numpyArchive:
      true
    }
  }
}
