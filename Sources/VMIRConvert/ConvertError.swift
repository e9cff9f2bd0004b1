package import ONNXModel
package import TorchCheckpoint
package import VMIRCore
package import VMIRFile
package import VMIRGraph
package import VMIRImport
package import VMIRQuantize

/// Why a file could not be converted.
package enum ConvertError: Diagnosed {
  /// The input can't be opened or read.
  case file(FileError)
  /// The input is not a valid checkpoint.
  case checkpoint(TorchCheckpointError)
  /// The input is not a valid ONNX model.
  case model(ONNXError)
  /// The checkpoint's tensors or the model's graph are no network that can be converted.
  case network(ImportError)
  /// Something is wrong with the checkpoint at this path that was to be blended in.
  indirect case blend(path: String, ConvertError)
  /// An ONNX model can't be blended.
  case blendOfGraph
  /// A pass found something wrong.
  case graph(GraphError)
  /// The weights can't be quantized.
  case quantization(QuantizeError)
  /// The output can't be made.
  case output(VMIRFileError)

  package var what: String {
    switch self {
    case .file(let error): error.what
    case .checkpoint(let error): error.what
    case .model(let error): error.what
    case .network(let error): error.what
    case .blend(_, let error): error.what
    case .blendOfGraph: "is an ONNX model; only checkpoints can be blended"
    case .graph(let error): error.what
    case .quantization(let error): error.what
    case .output(let error): error.what
    }
  }

  package var place: String? {
    switch self {
    case .file(let error): error.place
    case .checkpoint(let error): error.place
    case .model(let error): error.place
    case .network(let error): error.place
    case .blend(_, let error): error.place
    case .blendOfGraph: nil
    case .graph(let error): error.place
    case .quantization(let error): error.place
    case .output(let error): error.place
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .file(let error): error.exitStatus
    case .checkpoint(let error): error.exitStatus
    case .model(let error): error.exitStatus
    case .network(let error): error.exitStatus
    case .blend(_, let error): error.exitStatus
    case .blendOfGraph: .usage
    case .graph(let error): error.exitStatus
    case .quantization(let error): error.exitStatus
    case .output(let error): error.exitStatus
    }
  }

  /// The file that the error is about, where that is neither input nor output.
  package var otherFile: String? {
    switch self {
    case .quantization(let error): error.file
    case .blend(let path, _): path
    case .file, .checkpoint, .model, .network, .blendOfGraph, .graph, .output: nil
    }
  }

  /// Whether the error is about the output rather than the input.
  package var isAboutOutput: Bool {
    guard case .output(let error) = self else { return false }
    return error.exitStatus == .cannotWrite
  }
}
