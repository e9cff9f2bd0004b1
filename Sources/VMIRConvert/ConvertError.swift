package import ONNXModel
package import TorchCheckpoint
package import VMIRCore
package import VMIRFile
package import VMIRGraph
package import VMIRImport
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

  package var what: String {
    switch self {
    case .file(let error): error.what
    case .checkpoint(let error): error.what
    case .model(let error): error.what
    case .network(let error): error.what
    case .graph(let error): error.what
    case .pixels(let reason): reason
    case .plan(let error): error.what
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
    case .graph(let error): error.place
    case .pixels: nil
    case .plan(let error): error.place
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
    case .graph(let error): error.exitStatus
    case .pixels: .usage
    case .plan(let error): error.exitStatus
    case .quantization(let error): error.exitStatus
    case .output(let error): error.exitStatus
    }
  }

  /// The file that the error is about, where that is neither input nor output.
  package var otherFile: String? {
    guard case .quantization(let error) = self else { return nil }
    return error.file
  }

  /// Whether the error is about the output rather than the input.
  package var isAboutOutput: Bool {
    guard case .output(let error) = self else { return false }
    return error.exitStatus == .cannotWrite
  }
}
