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

  package var what: String {
    switch self {
    case .headerTooLong(let byteCount, let limit):
      "has a safetensors header of \(byteCount) bytes, more than the limit of \(limit)"
    case .cutOff(let byteCount, let needed):
      "is cut off: it needs \(needed) bytes and has \(byteCount); download it again"
    case .json(_, let reason): "has a damaged safetensors header: \(reason)"
    case .duplicateName(let name): "names \(printable(name)) twice"
    case .tooManyTensors(let limit): "has more tensors than the limit of \(limit)"
    case .entry(_, let reason): reason
    case .overlap(_, let other): "shares bytes with \(printable(other))"
    case .gap(_, _, let byteCount):
      "has \(byteCount) \(byteCount == 1 ? "byte" : "bytes") that belong to no tensor"
    case .index(let reason): "is no sound index of safetensors files: \(reason)"
    case .shard(let file, let reason): "names the file \(printable(file)), which \(reason)"
    case .otherShards(let files):
      "is a JSON index of \(list(files)), no network itself; load them in Python and save one "
        + "state_dict() with torch.save or safetensors"
    }
  }

  package var place: String? {
    switch self {
    case .json(let offset, _): "header offset \(offset)"
    case .entry(let name, _), .overlap(let name, _): printable(name)
    case .gap(_, let offset, _): "offset \(offset)"
    case .headerTooLong, .cutOff, .duplicateName, .tooManyTensors, .index, .shard, .otherShards:
      nil
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .otherShards: .unsupported
    case .headerTooLong, .cutOff, .json, .duplicateName, .tooManyTensors, .entry, .overlap, .gap,
      .index, .shard:
      .badInput
    }
  }
}
