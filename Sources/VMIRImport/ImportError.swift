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
  /// Something that no tensor shows must be set; `choices` as `--set` takes them.
  case unset(reason: String, choices: [String])
  /// What was set can't be, by what the tensors show.
  case settingContradiction(key: String, reason: String)
  /// Two state dicts that were to be blended are not of the same network.
  case blend(first: String, second: String)
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

  package var what: String {
    switch self {
    case .noTensors: "has no tensors"
    case .duplicate(let name): "has two tensors named \(name)"
    case .foreign(let family):
      "\(family) checkpoint: not supported; vmir-convert --list-networks lists what is"
    case .unknownNetwork(let tensorCount, let examples):
      "not a checkpoint of a network that is known: it has \(tensorCount) "
        + (tensorCount == 1 ? "tensor, " : "tensors, for example ")
        + examples.joined(separator: ", ")
    case .ambiguous(let reason, let choices):
      reason + ": say which network it is with --arch "
        + choices.joined(separator: " or --arch ")
    case .unclearTask(let reason): reason + ", so what the network is for can't be told"
    case .contradiction(let variant, let reason): "can't be \(variant): \(reason)"
    case .severalNetworks(let names):
      "has the tensors of more than one network: " + names.joined(separator: " and ")
    case .unknownOption(let key, let network, let keys):
      "\(network) has no option \(key)"
        + (keys.isEmpty ? "; it has none" : ", only \(keys.joined(separator: ", "))")
    case .optionValue(let key, let value, let expected):
      "option \(key) takes \(expected), not \(value)"
    case .unset(let reason, let choices):
      reason + ": say it with --set " + choices.joined(separator: " or --set ")
    case .settingContradiction(let key, let reason): "\(key) can't be set: \(reason)"
    case .blend(let first, let second):
      "can't be blended: one is \(first), the other \(second)"
    case .blockGap(let stage, let missing):
      "\(stage) has later blocks but no block \(missing)"
    case .size(let of, let expected, let found): "\(of) must be \(expected), is \(found)"
    case .tensors(let mismatch): mismatch.what
    case .notFinite(_, let index, let isNaN):
      "element \(index) is " + (isNaN ? "not a number" : "infinite")
    case .constant(_, let error): error.what
    case .graph(let error): error.what
    case .recognizer(let error): error.what
    }
  }

  package var place: String? {
    switch self {
    case .notFinite(let name, _, _): "tensor \(name)"
    case .constant(let name, let error): error.place ?? "tensor \(name)"
    case .graph(let error): error.place
    case .recognizer(let error): error.place
    case .noTensors, .duplicate, .foreign, .unknownNetwork, .ambiguous, .unclearTask,
      .contradiction, .severalNetworks, .unknownOption, .optionValue, .unset,
      .settingContradiction, .blend, .blockGap, .size, .tensors:
      nil
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .foreign, .unknownNetwork, .ambiguous, .severalNetworks, .unset: .unsupported
    case .unknownOption, .optionValue: .usage
    case .noTensors, .duplicate, .unclearTask, .contradiction, .settingContradiction, .blend,
      .blockGap, .size, .tensors, .notFinite:
      .badInput
    case .constant(_, let error): error.exitStatus
    case .graph(let error): error.exitStatus
    case .recognizer(let error): error.exitStatus
    }
  }
}
