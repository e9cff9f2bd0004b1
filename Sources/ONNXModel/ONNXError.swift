package import VMIRCore

/// Why a file is not an ONNX model that can be read.
package enum ONNXError: Diagnosed {
  /// The file can't be read.
  case file(FileError)
  /// The bytes are not a message of the format at this offset.
  case malformed(offset: Int, reason: String)
  /// Graphs are nested deeper than the limit.
  case tooDeep(limit: Int)
  /// There are more nodes, tensors or other messages than the limit.
  case tooManyMessages(limit: Int)
  /// The decoder refused what the check of its structure let pass, or had no memory.
  case undecodable
  /// There is no graph.
  case noGraph
  /// The version of the format is not one that is known.
  case irVersion(Int)
  /// The version of the standard operators is not one that is known.
  case opset(version: Int, supported: ClosedRange<Int>)
  /// A feature of the format that is not supported.
  case unsupported(feature: String, name: String)
  /// A tensor's data are not what its type and shape say.
  case tensor(name: String, reason: String)
  /// A tensor's data are in another file that may not or can't be read.
  case external(name: String, location: String, reason: String)

  package var what: String {
    switch self {
    case .file(let error): error.what
    case .malformed(_, let reason): "is not a valid ONNX model: \(reason)"
    case .tooDeep(let limit): "has graphs nested deeper than the limit of \(limit)"
    case .tooManyMessages(let limit): "has more parts than the limit of \(limit)"
    case .undecodable: "is not a valid ONNX model"
    case .noGraph: "is an ONNX model without a graph"
    case .irVersion(let version): "is of ONNX IR version \(version), which is not supported"
    case .opset(let version, let supported):
      "is of ONNX operator set \(version); supported are \(supported.lowerBound) to "
        + "\(supported.upperBound)"
    case .unsupported(let feature, _): "has \(feature), which is not supported"
    case .tensor(_, let reason): reason
    case .external(_, let location, let reason):
      "keeps data in the file \(printable(location)), \(reason)"
    }
  }

  package var place: String? {
    switch self {
    case .file(let error): error.place
    case .malformed(let offset, _): "offset \(offset)"
    case .unsupported(_, let name): name.isEmpty ? nil : printable(name)
    case .tensor(let name, _), .external(let name, _, _): "tensor \(printable(name))"
    case .tooDeep, .tooManyMessages, .undecodable, .noGraph, .irVersion, .opset: nil
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .file(let error): error.exitStatus
    case .irVersion, .opset, .unsupported: .unsupported
    case .malformed, .tooDeep, .tooManyMessages, .undecodable, .noGraph, .tensor, .external:
      .badInput
    }
  }
}
