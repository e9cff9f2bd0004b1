/// The items of a dict as Python keeps them: each key once, with its last value, in the place where
/// the key was first set.
func uniqueItems(_ entries: [PickleEntry], in nodes: [PickleNode]) -> [PickleEntry] {
  guard entries.count > 1 else { return entries }
  var places: [PythonKey: Int] = [:]
  places.reserveCapacity(entries.count)
  var result: [PickleEntry] = []
  result.reserveCapacity(entries.count)
  for entry in entries {
    guard let key = PythonKey(entry.key, in: nodes) else {
      result.append(entry)
      continue
    }
    if let place = places[key] {
      // The first key stays, as Python has it: 1 and True are one key.
      result[place] = PickleEntry(key: result[place].key, value: entry.value)
    } else {
      places[key] = result.count
      result.append(entry)
    }
  }
  return result
}

/// A key of a dict, equal where Python takes two keys for the same.
private enum PythonKey: Hashable {
  case none
  /// An int, a bool or a float without a fraction.
  case integer(Int)
  case bigInteger([UInt8])
  case float(UInt64)
  case string(String)
  case bytes([UInt8])
  case tuple([PythonKey])
  /// A container or an object, equal to itself alone.
  case node(Int)

  /// Nil for what equals nothing, not even itself.
  init?(_ value: PickleValue, in nodes: [PickleNode], depth: Int = 0) {
    switch value {
    case .none: self = .none
    case .bool(let flag): self = .integer(flag ? 1 : 0)
    case .int(let number): self = .integer(number)
    case .bigInteger(let digits): self = .bigInteger(digits)
    case .float(let number):
      guard !number.isNaN else { return nil }
      self = Int(exactly: number).map { .integer($0) } ?? .float(number.bitPattern)
    case .string(let text): self = .string(text)
    case .bytes(let bytes): self = .bytes(bytes)
    case .node(let index):
      self = .node(index)
      // Tuples are compared by their elements; a long or deep one is no honest key.
      guard nodes.indices.contains(index), nodes[index].kind == .tuple, depth < 4,
        nodes[index].values.count <= 16
      else { return }
      var parts: [PythonKey] = []
      for element in nodes[index].values {
        guard let part = PythonKey(element, in: nodes, depth: depth + 1) else { return }
        parts.append(part)
      }
      self = .tuple(parts)
    }
  }
}
