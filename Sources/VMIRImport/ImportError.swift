package import VMIRCore
package import VMIRGraph

/// Why a state dict can't be turned into a graph.
package enum ImportError: Diagnosed {
  /// There is not one tensor.
  case noTensors
  /// Two tensors have the same name.
  case duplicate(name: String)
  /// The tensors are those of another network; `family` with its article, `a Restormer`.
  case foreign(family: String)
  /// The tensors are not those of any network that is known here.
  case unknownNetwork(tensorCount: Int, examples: [String])
  /// The tensors fit more than one network, or none for certain.
  case ambiguous(reason: String, choices: [String])
  /// There are the last layers of both tasks, or of neither.
  case unclearTask(reason: String)
  /// The tensors can't be those of the architecture that was asked for.
  case contradiction(variant: String, reason: String)
  /// Two families recognise the tensors.
  case severalNetworks(names: [String])
  /// An option that was set is none of the network's.
  case unknownOption(key: String, network: String, keys: [String])
  /// An option of the network was set to what it does not take.
  case optionValue(key: String, value: String, expected: String)
  /// The numbers of a stage's blocks are not 0 to one less than their count.
  case blockGap(stage: String, missing: Int)
  /// A size that was read off a tensor makes no sense for the network.
  case size(of: String, expected: String, found: Int)
  /// Tensors are missing, left over or of another shape.
  case tensors(TensorMismatch)
  /// An element is infinite or not a number.
  case notFinite(name: String, index: Int, isNaN: Bool)
  /// Elements can't be read.
  case constant(name: String, ConstantError)
  /// The graph that came out is not a network.
  case graph(GraphError)
  /// An ONNX graph can't be imported.
  case recognizer(ONNXImportError)

  package var diagnostic: Diagnostic {
    switch self {
    case .noTensors:
      Diagnostic("has no tensors", .invalidInput)
    case .duplicate(let name):
      Diagnostic("has two tensors named \(name)", .invalidInput)
    case .foreign(let family):
      Diagnostic("\(family) checkpoint: not supported, only \(supported) is", .unsupported)
    case .unknownNetwork(let tensorCount, let examples):
      Diagnostic(
        "not a checkpoint of \(supported): it has \(tensorCount) "
          + (tensorCount == 1 ? "tensor, " : "tensors, for example ")
          + examples.joined(separator: ", "), .unsupported)
    case .ambiguous(let reason, let choices):
      Diagnostic(
        reason + ": say which network it is with --arch "
          + choices.joined(separator: " or --arch "), .unsupported)
    case .unclearTask(let reason):
      Diagnostic(reason + ", so what the network is for can't be told", .invalidInput)
    case .contradiction(let variant, let reason):
      Diagnostic("can't be \(variant): \(reason)", .invalidInput)
    case .severalNetworks(let names):
      Diagnostic(
        "has the tensors of more than one network: " + names.joined(separator: " and "),
        .unsupported)
    case .unknownOption(let key, let network, let keys):
      Diagnostic(
        "\(network) has no option \(key)"
          + (keys.isEmpty ? "; it has none" : ", only \(keys.joined(separator: ", "))"), .misuse)
    case .optionValue(let key, let value, let expected):
      Diagnostic("option \(key) takes \(expected), not \(value)", .misuse)
    case .blockGap(let stage, let missing):
      Diagnostic("\(stage) has later blocks but no block \(missing)", .invalidInput)
    case .size(let of, let expected, let found):
      Diagnostic("\(of) must be \(expected), is \(found)", .invalidInput)
    case .tensors(let mismatch):
      Diagnostic(mismatch.what, .invalidInput)
    case .notFinite(let name, let index, let isNaN):
      Diagnostic(
        "element \(index) is " + (isNaN ? "not a number" : "infinite"), at: "tensor \(name)",
        .invalidInput)
    case .constant(let name, let error):
      error.diagnostic.located(at: "tensor \(name)")
    case .graph(let error): error.diagnostic
    case .recognizer(let error): error.diagnostic
    }
  }
}

/// `VmambaIR`, `VmambaIR, RRDBNet`.
private var supported: String { networks.map { $0.id }.joined(separator: " or ") }
