package import TorchCheckpoint
package import VMIRCore
package import VMIRGraph

/// Why a state dict can't be turned into a graph.
package indirect enum ImportError: Diagnosed {
  /// The checkpoint holds no dict of tensors that can be told, or can't be read.
  case checkpoint(TorchCheckpointError)
  /// A tensor of the checkpoint that the network needs can't be read.
  case unreadable(UnusableEntry)
  /// The tensors whose names start so are meant.
  case under(prefix: String, ImportError)
  /// The network is there more than once, and nothing tells which copy is meant.
  case severalPlaces(keys: [String])
  /// The averaged copy is not whole, another copy is.
  case brokenCopy(place: String, other: String, ImportError)
  /// There are tensors beside the network that are not known to be no part of it.
  case extraTensors(names: [String])
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
  /// The network is one for training, which takes the true picture too.
  case needsGroundTruth(network: String)
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

  package var diagnostic: Diagnostic {
    switch self {
    case .checkpoint(let error): error.diagnostic
    case .unreadable(let entry):
      TorchCheckpointError.tensor(name: entry.name, fault: entry.fault).diagnostic
    case .under(let prefix, let error):
      Diagnostic(
        error.what,
        at: (error.place.map { $0 + ", " } ?? "") + "under the prefix \(printable(prefix))",
        error.diagnostic.errorClass, exit: error.exitStatus)
    case .severalPlaces(let keys):
      Diagnostic(
        "holds the network in several places: \(keys.joined(separator: ", ")); "
          + "choose one with --key", .invalidInput)
    case .brokenCopy(let place, let other, let error):
      Diagnostic(
        "the averaged weights in \(place) can't be used: \(error.what); "
          + "--key \(other) takes others", at: error.place, error.diagnostic.errorClass,
        exit: error.exitStatus)
    case .extraTensors(let names):
      Diagnostic(
        "has \(names.count) \(names.count == 1 ? "tensor" : "tensors") that the network does not "
          + "use: " + names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", ..." : "")
          + "; --ignore-extra leaves them out", .invalidInput)
    case .noTensors:
      Diagnostic("has no tensors", .invalidInput)
    case .duplicate(let name):
      Diagnostic("has two tensors named \(name)", .invalidInput)
    case .foreign(let family):
      Diagnostic(
        "\(family) checkpoint: not supported; vmir-convert --list-networks lists what is",
        .unsupported)
    case .unknownNetwork(let tensorCount, let examples):
      Diagnostic(
        "not a checkpoint of a network that is known: it has \(tensorCount) "
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
    case .needsGroundTruth(let network):
      Diagnostic(
        "\(network) needs the true picture as a second input: it is for training alone",
        .unsupported)
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
    case .unset(let reason, let choices):
      Diagnostic(
        reason + ": say it with --set " + choices.joined(separator: " or --set "), .unsupported)
    case .settingContradiction(let key, let reason):
      Diagnostic("\(key) can't be set: \(reason)", .invalidInput)
    case .blend(let first, let second):
      Diagnostic("can't be blended: one is \(first), the other \(second)", .invalidInput)
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
