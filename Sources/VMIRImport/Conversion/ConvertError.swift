package import ONNXModel
package import TorchCheckpoint
package import VMIRCore
package import VMIRFile
package import VMIRGraph
package import VMIRImage
package import VMIRQuantize
package import VMIRRuntime

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
  /// The array at this path that a setting names can't be opened or read.
  case arrayFile(path: String, FileError)
  /// The file at this path is no array.
  case array(path: String, NpyError)
  /// A pass found something wrong.
  case graph(GraphError)
  /// What was said of the network's pixels does not suit its channels.
  case pixels(reason: String)
  /// The runtime can't run the network.
  case plan(PlanError)
  /// The weights can't be quantized.
  case quantization(QuantizeError)
  /// The output can't be made.
  case output(VMIRFileError)

  package var diagnostic: Diagnostic {
    switch self {
    case .file(let error): error.diagnostic
    case .checkpoint(let error): error.diagnostic
    case .model(let error): error.diagnostic
    case .network(let error): error.diagnostic
    case .blend(_, let error): error.diagnostic
    case .blendOfGraph:
      Diagnostic("is an ONNX model; only checkpoints can be blended", .misuse)
    case .arrayFile(_, let error): error.diagnostic
    case .array(_, let error): error.diagnostic
    case .graph(let error): error.diagnostic
    case .pixels(let reason): Diagnostic(reason, .misuse)
    case .plan(let error): error.diagnostic
    case .quantization(let error): error.diagnostic
    case .output(let error): error.diagnostic
    }
  }

  /// The file that the error is about, where that is neither input nor output.
  package var otherFile: String? {
    switch self {
    case .quantization(let error): error.file
    case .blend(let path, _), .arrayFile(let path, _), .array(let path, _): path
    case .file, .checkpoint, .model, .network, .blendOfGraph, .graph, .pixels, .plan, .output: nil
    }
  }

  /// Whether the error is about the output rather than the input.
  package var isAboutOutput: Bool {
    guard case .output(let error) = self else { return false }
    return error.exitStatus == .cannotWrite
  }
}
