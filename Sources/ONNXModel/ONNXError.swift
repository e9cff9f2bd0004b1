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

  package var diagnostic: Diagnostic {
    switch self {
    case .file(let error): error.diagnostic
    case .malformed(let offset, let reason):
      Diagnostic("is not a valid ONNX model: \(reason)", at: "offset \(offset)", .invalidInput)
    case .tooDeep(let limit):
      Diagnostic("has graphs nested deeper than the limit of \(limit)", .invalidInput)
    case .tooManyMessages(let limit):
      Diagnostic("has more parts than the limit of \(limit)", .invalidInput)
    case .undecodable:
      Diagnostic("is not a valid ONNX model", .invalidInput)
    case .noGraph:
      Diagnostic("is an ONNX model without a graph", .invalidInput)
    case .irVersion(let version):
      Diagnostic("is of ONNX IR version \(version), which is not supported", .unsupported)
    case .opset(let version, let supported):
      Diagnostic(
        "is of ONNX operator set \(version); supported are \(supported.lowerBound) to "
          + "\(supported.upperBound)", .unsupported)
    case .unsupported(let feature, let name):
      Diagnostic(
        "has \(feature), which is not supported", at: name.isEmpty ? nil : printable(name),
        .unsupported)
    case .tensor(let name, let reason):
      Diagnostic(reason, at: "tensor \(printable(name))", .invalidInput)
    case .external(let name, let location, let reason):
      Diagnostic(
        "keeps data in the file \(printable(location)), \(reason)", at: "tensor \(printable(name))",
        .invalidInput)
    }
  }
}
