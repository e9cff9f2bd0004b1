package import VMIRCore
package import ZipArchive

/// Why a checkpoint, or something in it, can't be read.
package enum TorchCheckpointError: Diagnosed {
  /// The file can't be read.
  case file(FileError)
  /// The path names a directory.
  case directory
  /// The file is something else.
  case foreign(ForeignFile)
  /// The file starts as a zip archive and does not end as one.
  case cutOff(byteCount: Int)
  /// A legacy file ends before its last storage does.
  case tooShort(byteCount: Int, needed: Int)
  /// The zip archive is damaged.
  case zip(ZipError)
  /// The pickle is damaged.
  case pickle(PickleError)
  /// The safetensors file is damaged.
  case safetensors(SafetensorsError)
  /// The archive has several members that could be the pickle.
  case severalPickles(names: [String])
  /// Written by a version of PyTorch that is too new.
  case unknownVersion(text: String)
  /// The byte order is neither little nor big.
  case unknownByteOrder(text: String)
  /// The parts of a legacy file are not what PyTorch writes.
  case badLegacyPart(name: String)
  /// A whole model was pickled; its weights come only with the Python code of this class.
  case wholeModel(className: String)
  /// A training state without weights, as BasicSR writes.
  case trainingState
  /// A value that is needed would come from a call, which is never made.
  case foreignCall(path: String, function: String)
  /// Nothing in the file looks like a state dict; what it holds.
  case noStateDict(found: String)
  /// Several values could be the state dict, and none has a name that says so.
  case severalStateDicts(keys: [String])
  /// There is no value at the key that was asked for.
  case noKey(key: String, keys: [String])
  /// The value at a key is no state dict.
  case notStateDict(key: String, found: String)
  /// The values are nested too deeply.
  case tooDeep(limit: Int)
  /// There are too many values.
  case tooManyValues(limit: Int)
  /// A tensor can't be read.
  case tensor(name: String, fault: TensorFault)

  package var diagnostic: Diagnostic {
    switch self {
    case .file(let error): error.diagnostic
    case .directory:
      Diagnostic(
        "is a directory; if it is an unpacked checkpoint, name the original file or zip it again",
        .invalidInput)
    case .foreign(let kind):
      kind.diagnostic
    case .cutOff(let byteCount):
      Diagnostic(
        "is cut off after \(byteCount) bytes: it starts as a zip archive and has no end; "
          + "download it again", .invalidInput)
    case .tooShort(let byteCount, let needed):
      Diagnostic(
        "is cut off: it needs \(needed) bytes and has \(byteCount); download it again",
        .invalidInput)
    case .zip(let error): error.diagnostic
    case .pickle(let error): error.diagnostic
    case .safetensors(let error): error.diagnostic
    case .severalPickles(let names):
      Diagnostic("has several pickles: \(list(names))", .invalidInput)
    case .unknownVersion(let text):
      Diagnostic("is of file format version \(printable(text)), over 10", .unsupported)
    case .unknownByteOrder(let text):
      Diagnostic("has the byte order \(printable(text)), neither little nor big", .invalidInput)
    case .badLegacyPart(let name):
      Diagnostic("has a damaged \(name)", .invalidInput)
    case .wholeModel(let className):
      Diagnostic(
        "is a whole pickled model of class \(printable(className)), which needs that Python code; "
          + "save model.state_dict() instead", .unsupported)
    case .trainingState:
      Diagnostic(
        "is a training state (epoch, iteration, optimizers) without weights; "
          + "the weights are in the net_g_*.pth beside it", .unsupported)
    case .foreignCall(let path, let function):
      Diagnostic(
        "refers to \(printable(function))"
          + (path.isEmpty ? "" : " for \(printable(path))")
          + ", which is not tensor data; nothing was called", .invalidInput)
    case .noStateDict(let found):
      Diagnostic("holds no state dict: \(found)", .invalidInput)
    case .severalStateDicts(let keys):
      Diagnostic(
        "holds several dicts of tensors: \(list(keys)); choose one by its key", .invalidInput)
    case .noKey(let key, let keys):
      Diagnostic(
        "has no key \(printable(key)); "
          + (keys.isEmpty ? "it has no keys" : "it has the keys \(list(keys))"), .invalidInput)
    case .notStateDict(let key, let found):
      Diagnostic("holds no state dict at the key \(printable(key)): \(found)", .invalidInput)
    case .tooDeep(let limit):
      Diagnostic("holds values nested deeper than the limit of \(limit)", .invalidInput)
    case .tooManyValues(let limit):
      Diagnostic("holds more values than the limit of \(limit)", .invalidInput)
    case .tensor(let name, let fault):
      Diagnostic(
        fault.what, at: "tensor \(printable(name))" + (fault.place.map { ", \($0)" } ?? ""),
        fault.diagnostic.errorClass, exit: fault.exitStatus)
    }
  }
}

/// At most a dozen names, the rest counted.
func list(_ names: [String]) -> String {
  let shown = names.prefix(12).map { printable($0, limit: 60) }.joined(separator: ", ")
  return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
}
