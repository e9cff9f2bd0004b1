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

  package var what: String {
    switch self {
    case .file(let error): error.what
    case .directory:
      "is a directory; if it is an unpacked checkpoint, name the original file or zip it again"
    case .foreign(let kind): kind.what
    case .cutOff(let byteCount):
      "is cut off after \(byteCount) bytes: it starts as a zip archive and has no end; "
        + "download it again"
    case .tooShort(let byteCount, let needed):
      "is cut off: it needs \(needed) bytes and has \(byteCount); download it again"
    case .zip(let error): error.what
    case .pickle(let error): error.what
    case .safetensors(let error): error.what
    case .severalPickles(let names): "has several pickles: \(list(names))"
    case .unknownVersion(let text): "is of file format version \(printable(text)), over 10"
    case .unknownByteOrder(let text):
      "has the byte order \(printable(text)), neither little nor big"
    case .badLegacyPart(let name): "has a damaged \(name)"
    case .wholeModel(let className):
      "is a whole pickled model of class \(printable(className)), which needs that Python code; "
        + "save model.state_dict() instead"
    case .trainingState:
      "is a training state (epoch, iteration, optimizers) without weights; "
        + "the weights are in the net_g_*.pth beside it"
    case .foreignCall(let path, let function):
      "refers to \(printable(function))"
        + (path.isEmpty ? "" : " for \(printable(path))")
        + ", which is not tensor data; nothing was called"
    case .noStateDict(let found): "holds no state dict: \(found)"
    case .severalStateDicts(let keys):
      "holds several dicts of tensors: \(list(keys)); choose one by its key"
    case .noKey(let key, let keys):
      "has no key \(printable(key)); "
        + (keys.isEmpty ? "it has no keys" : "it has the keys \(list(keys))")
    case .notStateDict(let key, let found):
      "holds no state dict at the key \(printable(key)): \(found)"
    case .tooDeep(let limit): "holds values nested deeper than the limit of \(limit)"
    case .tooManyValues(let limit): "holds more values than the limit of \(limit)"
    case .tensor(_, let fault): fault.what
    }
  }

  package var place: String? {
    switch self {
    case .file(let error): error.place
    case .zip(let error): error.place
    case .pickle(let error): error.place
    case .safetensors(let error): error.place
    case .tensor(let name, let fault):
      "tensor \(printable(name))" + (fault.place.map { ", \($0)" } ?? "")
    case .directory, .foreign, .cutOff, .tooShort, .severalPickles, .unknownVersion,
      .unknownByteOrder, .badLegacyPart, .wholeModel, .trainingState, .foreignCall, .noStateDict,
      .severalStateDicts, .noKey, .notStateDict, .tooDeep, .tooManyValues:
      nil
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .file(let error): error.exitStatus
    case .foreign(let kind): kind.exitStatus
    case .zip(let error): error.exitStatus
    case .pickle(let error): error.exitStatus
    case .safetensors(let error): error.exitStatus
    case .tensor(_, let fault): fault.exitStatus
    case .unknownVersion, .wholeModel, .trainingState: .unsupported
    case .directory, .cutOff, .tooShort, .severalPickles, .unknownByteOrder, .badLegacyPart,
      .foreignCall, .noStateDict, .severalStateDicts, .noKey, .notStateDict, .tooDeep,
      .tooManyValues:
      .badInput
    }
  }
}

/// At most a dozen names, the rest counted.
func list(_ names: [String]) -> String {
  let shown = names.prefix(12).map { printable($0, limit: 60) }.joined(separator: ", ")
  return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
}
