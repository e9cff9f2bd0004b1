import ZipArchive

/// A pickle's values read as what PyTorch and Python mean by them.
///
/// Questions that are asked of many values are answered once for each node on opening, so that
/// values that are shared by reference a million times cost no more than others.
struct TorchTree: Sendable {
  let pickle: PickleTree
  private let traits: [Traits]

  /// What a node's own items tell.
  private struct Traits: OptionSet {
    let rawValue: UInt8
    /// An item, or a pair in a list, has a text key and a tensor.
    static let holdsTensor = Traits(rawValue: 1)
    /// There are items `_parameters` and `_modules`.
    static let isModuleState = Traits(rawValue: 2)
  }

  init(pickle: PickleTree) {
    self.pickle = pickle
    var traits: [Traits] = []
    traits.reserveCapacity(pickle.nodes.count)
    for node in pickle.nodes { traits.append(TorchTree.traits(of: node, in: pickle)) }
    self.traits = traits
  }

  /// Full name of a class or function; the class of a legacy `module` reference included.
  func global(_ value: PickleValue) -> String? {
    guard let node = pickle.node(value) else { return nil }
    if node.kind == .global { return node.name }
    // The id has to be a plain tuple: to look into calls here could recurse as deep as the file is.
    guard node.kind == .persistent, let id = pickle.node(node.arguments), id.kind == .tuple,
      id.values.count >= 2, id.values[0] == .string("module"),
      let type = pickle.node(id.values[1]), type.kind == .global
    else { return nil }
    return type.name
  }

  /// Full name of what an object is made by, or nil where `value` is no object.
  func maker(_ value: PickleValue) -> String? {
    guard let node = pickle.node(value), node.kind == .object else { return nil }
    return global(node.callee) ?? "an unnamed function"
  }

  /// Elements of a list, a tuple, a set, or of an object that has some (`torch.Size`, a deque).
  func sequence(_ value: PickleValue) -> [PickleValue]? {
    guard let node = pickle.node(value) else { return nil }
    switch node.kind {
    case .list, .tuple, .set: return node.values
    case .dict, .global, .persistent: return nil
    case .object:
      if maker(value) == "torch.Size" {
        // The one argument is a tuple, never another torch.Size: no endless recursion.
        guard let sizes = arguments(of: node).first.flatMap({ pickle.node($0) }),
          sizes.kind == .tuple
        else { return nil }
        return sizes.values
      }
      return node.values.isEmpty ? nil : node.values
    }
  }

  /// Items of a dict, or of an object that works like one; of equal keys the last counts.
  func mapping(_ value: PickleValue) -> [PickleEntry]? {
    guard let node = pickle.node(value) else { return nil }
    switch node.kind {
    case .dict: return TorchTree.lastOfEach(node.entries)
    case .list, .tuple, .set, .global, .persistent: return nil
    case .object:
      let name = maker(value) ?? ""
      guard TorchTree.dictTypes.contains(name) || !node.entries.isEmpty, !isTensor(value) else {
        return nil
      }
      var pairs: [PickleEntry] = []
      if let initial = arguments(of: node).first.flatMap({ pickle.node($0) }) {
        if initial.kind == .dict { pairs = initial.entries }
        // Python 2 gives OrderedDict a list of pairs.
        for item in initial.kind == .list ? initial.values : [] {
          guard let pair = pickle.node(item), pair.values.count == 2 else { return nil }
          pairs.append(PickleEntry(key: pair.values[0], value: pair.values[1]))
        }
      }
      return TorchTree.lastOfEach(pairs + node.entries)
    }
  }

  /// Arguments of the call that makes an object.
  func arguments(of node: PickleNode) -> [PickleValue] {
    guard let arguments = pickle.node(node.arguments), arguments.kind == .tuple else { return [] }
    return arguments.values
  }

  /// Whether `value` is made by one of the functions that rebuild tensors.
  func isTensor(_ value: PickleValue) -> Bool { TorchTree.isTensor(value, in: pickle) }

  private static func isTensor(_ value: PickleValue, in pickle: PickleTree) -> Bool {
    guard let node = pickle.node(value), node.kind == .object,
      let callee = pickle.node(node.callee), callee.kind == .global
    else { return false }
    return ["torch._utils._rebuild_", "torch._tensor._rebuild_", "torch.nn.parameter."].contains {
      callee.name.hasPrefix($0)
    }
  }

  /// Whether `value` is a dict, or works like one, with a tensor under a text key.
  func isStateDict(_ value: PickleValue) -> Bool {
    guard case .node(let index) = value, let node = pickle.node(value), !isTensor(value) else {
      return false
    }
    switch node.kind {
    case .dict: return traits[index].contains(.holdsTensor)
    case .list, .tuple, .set, .global, .persistent: return false
    case .object:
      if traits[index].contains(.holdsTensor) { return true }
      guard TorchTree.dictTypes.contains(maker(value) ?? ""),
        case .node(let initial)? = arguments(of: node).first
      else { return false }
      return traits[initial].contains(.holdsTensor)
    }
  }

  /// Whether `value` is a `torch.nn.Module`.
  func isModule(_ value: PickleValue) -> Bool {
    guard let node = pickle.node(value), node.kind == .object, case .node(let state) = node.state
    else { return false }
    return traits[state].contains(.isModuleState)
  }

  /// Count of the items and elements that have to be looked at to list those of `value`.
  func weight(of value: PickleValue) -> Int {
    guard let node = pickle.node(value) else { return 0 }
    let initial = arguments(of: node).first.flatMap { pickle.node($0) }
    return node.entries.count + node.values.count
      + (initial.map { $0.entries.count + $0.values.count } ?? 0)
  }

  private static func traits(of node: PickleNode, in pickle: PickleTree) -> Traits {
    var traits: Traits = []
    var hasParameters = false
    var hasModules = false
    for entry in node.entries {
      guard case .string(let key) = entry.key else { continue }
      if isTensor(entry.value, in: pickle) { traits.insert(.holdsTensor) }
      if key == "_parameters" { hasParameters = true }
      if key == "_modules" { hasModules = true }
    }
    if hasParameters, hasModules { traits.insert(.isModuleState) }
    guard node.kind == .list else { return traits }
    for item in node.values {
      guard let pair = pickle.node(item), pair.kind == .list || pair.kind == .tuple,
        pair.values.count == 2, case .string = pair.values[0]
      else { continue }
      if isTensor(pair.values[1], in: pickle) { traits.insert(.holdsTensor) }
    }
    return traits
  }

  /// What a value is, in a few words for people.
  func kind(_ value: PickleValue) -> String {
    switch value {
    case .none: return "None"
    case .bool: return "a bool"
    case .int, .bigInteger: return "an integer"
    case .float: return "a number"
    case .string: return "a string"
    case .bytes: return "bytes"
    case .node: break
    }
    if isTensor(value) { return "a tensor" }
    if let name = maker(value), !TorchTree.dictTypes.contains(name) {
      return "an object of \(printable(name))"
    }
    switch pickle.node(value)?.kind {
    case .dict, .object: return "a dict"
    case .list: return "a list"
    case .tuple: return "a tuple"
    case .set: return "a set"
    case .global: return "a class or function"
    case .persistent, nil: return "a reference"
    }
  }

  /// What a value is, with what a dict or a list holds.
  func summary(_ value: PickleValue) -> String {
    if isTensor(value) { return kind(value) }
    if let entries = mapping(value) {
      return entries.isEmpty
        ? "an empty dict" : "a dict with the keys \(list(entries.map { name(ofKey: $0.key) }))"
    }
    if let values = sequence(value) { return "\(kind(value)) of \(values.count) values" }
    return kind(value)
  }

  /// A dict's key as part of a path.
  func name(ofKey key: PickleValue) -> String {
    switch key {
    case .string(let text): text
    case .int(let number): "\(number)"
    case .bool(let flag): flag ? "True" : "False"
    case .none: "None"
    case .float(let number): "\(number)"
    case .bigInteger, .bytes, .node: "(\(kind(key)))"
    }
  }

  private static let dictTypes: Set<String> = [
    "collections.OrderedDict", "collections.defaultdict", "collections.Counter",
    "builtins.dict", "__builtin__.dict",
  ]

  /// Items whose string or integer key is not set again later, each in its first place.
  private static func lastOfEach(_ entries: [PickleEntry]) -> [PickleEntry] {
    var places: [String: Int] = [:]
    var numberPlaces: [Int: Int] = [:]
    var result: [PickleEntry] = []
    result.reserveCapacity(entries.count)
    for entry in entries {
      let place: Int?
      switch entry.key {
      case .string(let key): place = places[key]
      case .int(let key): place = numberPlaces[key]
      case .none, .bool, .bigInteger, .float, .bytes, .node: place = nil
      }
      if let place {
        result[place] = entry
        continue
      }
      if case .string(let key) = entry.key { places[key] = result.count }
      if case .int(let key) = entry.key { numberPlaces[key] = result.count }
      result.append(entry)
    }
    return result
  }
}
