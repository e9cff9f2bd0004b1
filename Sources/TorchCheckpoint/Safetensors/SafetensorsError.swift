package import VMIRCore

/// Why a safetensors file, or an index of several, can't be read.
package enum SafetensorsError: Diagnosed {
  /// The header is over the limit.
  case headerTooLong(byteCount: UInt64, limit: Int)
  /// The file ends before its header or its tensors do.
  case cutOff(byteCount: Int, needed: UInt64)
  /// The header is not JSON, or not in the form that the format has.
  case json(offset: Int, reason: String)
  /// A name is there twice.
  case duplicateName(name: String)
  /// There are more tensors than the limit.
  case tooManyTensors(limit: Int)
  /// What the header says of a tensor, or of the metadata, can't be.
  case entry(name: String, reason: String)
  /// Two tensors share bytes.
  case overlap(name: String, other: String)
  /// Bytes before a tensor, or behind the last where there is no name, belong to none.
  case gap(name: String?, offset: Int, byteCount: Int)
  /// An index is not in the form that it has.
  case index(reason: String)
  /// A file that an index names can't be read.
  case shard(file: String, reason: String)
  /// An index of files that are no safetensors.
  case otherShards(files: [String])

  package var diagnostic: Diagnostic {
    switch self {
    case .headerTooLong(let byteCount, let limit):
      Diagnostic(
        "has a safetensors header of \(byteCount) bytes, more than the limit of \(limit)",
        .invalidInput)
    case .cutOff(let byteCount, let needed):
      Diagnostic(
        "is cut off: it needs \(needed) bytes and has \(byteCount); download it again",
        .invalidInput)
    case .json(let offset, let reason):
      Diagnostic(
        "has a damaged safetensors header: \(reason)", at: "header offset \(offset)", .invalidInput)
    case .duplicateName(let name):
      Diagnostic("names \(printable(name)) twice", .invalidInput)
    case .tooManyTensors(let limit):
      Diagnostic("has more tensors than the limit of \(limit)", .invalidInput)
    case .entry(let name, let reason):
      Diagnostic(reason, at: printable(name), .invalidInput)
    case .overlap(let name, let other):
      Diagnostic("shares bytes with \(printable(other))", at: printable(name), .invalidInput)
    case .gap(_, let offset, let byteCount):
      Diagnostic(
        "has \(byteCount) \(byteCount == 1 ? "byte" : "bytes") that belong to no tensor",
        at: "offset \(offset)", .invalidInput)
    case .index(let reason):
      Diagnostic("is no sound index of safetensors files: \(reason)", .invalidInput)
    case .shard(let file, let reason):
      Diagnostic("names the file \(printable(file)), which \(reason)", .invalidInput)
    case .otherShards(let files):
      Diagnostic(
        "is a JSON index of \(list(files)), no network itself; load them in Python and save one "
          + "state_dict() with torch.save or safetensors", .unsupported)
    }
  }
}
