import VMIRCore

/// Interprets pickle values as PyTorch and Python objects.
///
/// Questions that are asked of many values are answered once for each node on opening, so that
/// values that are shared by reference a million times cost no more than others.
struct TorchTree: Sendable {
  let pickle: PickleTree
  private var traits: [Traits]

  /// What a node's own items tell.
  private struct Traits: OptionSet {
    let rawValue: UInt8
    /// There is a text key with a tensor: in a dict, in an object that works like one, or in a list
    /// of pairs.
    static let holdsTensor = Traits(rawValue: 1)
    /// There are items `_parameters` and `_modules`.
    static let isModuleState = Traits(rawValue: 2)
    /// A dict, or a list whose elements all are pairs: what `OrderedDict` can be made of.
    static let isPairs = Traits(rawValue: 4)
  }

  init(pickle: PickleTree) {
    self.pickle = pickle
    var traits: [Traits] = []
    traits.reserveCapacity(pickle.nodes.count)
    for node in pickle.nodes { traits.append(TorchTree.traits(of: node, in: pickle)) }
    self.traits = traits
    addTraitsOfDictObjects()
  }

  /// Notes which objects that work like dicts hold tensors, by what `mapping` gives of them.
  ///
  /// Objects may share what they are made of: those that are left when the work gets out of
  /// proportion count as none.
  private mutating func addTraitsOfDictObjects() {
    var budget = 4_000_000
    for (index, node) in pickle.nodes.enumerated() where node.kind == .object {
      let value = PickleValue.node(index)
      guard let initial = initialItems(of: value, node) else { continue }
      traits[index].remove(.holdsTensor)
      guard !node.entries.isEmpty else {
        if traits[initial].isSuperset(of: [.isPairs, .holdsTensor]) {
          traits[index].insert(.holdsTensor)
        }
        continue
      }
      budget -= weight(of: value)
      guard budget >= 0 else { continue }
      let holdsTensor = (mapping(value) ?? []).contains { entry in
        if case .string = entry.key { isTensor(entry.value) } else { false }
      }
      if holdsTensor { traits[index].insert(.holdsTensor) }
    }
  }

  /// Index of the dict or list that an object that works like a dict is made of; nil without.
  private func initialItems(of value: PickleValue, _ node: PickleNode) -> Int? {
    guard TorchTree.dictTypes.contains(maker(value) ?? ""),
      case .node(let initial)? = arguments(of: node).first,
      pickle.nodes[initial].kind == .dict || pickle.nodes[initial].kind == .list
    else { return nil }
    return initial
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

  /// Items of a dict, or of an object that works like one, each key once; nil where Python could
  /// make no dict of it.
  func mapping(_ value: PickleValue) -> [PickleEntry]? {
    guard let node = pickle.node(value) else { return nil }
    switch node.kind {
    case .dict: return node.entries
    case .list, .tuple, .set, .global, .persistent: return nil
    case .object:
      guard !isTensor(value) else { return nil }
      guard TorchTree.dictTypes.contains(maker(value) ?? "") else {
        return node.entries.isEmpty ? nil : node.entries
      }
      guard let index = initialItems(of: value, node) else { return node.entries }
      let initial = pickle.nodes[index]
      guard initial.kind == .list else {
        return uniqueItems(initial.entries + node.entries, in: pickle.nodes)
      }
      // Python 2 gives OrderedDict a list of pairs.
      guard let pairs = TorchTree.pairs(initial, in: pickle) else { return nil }
      return uniqueItems(pairs + node.entries, in: pickle.nodes)
    }
  }

  /// The elements of a list as items; nil where one is no pair.
  private static func pairs(_ list: PickleNode, in pickle: PickleTree) -> [PickleEntry]? {
    var pairs: [PickleEntry] = []
    pairs.reserveCapacity(list.values.count)
    for item in list.values {
      guard let pair = pickle.node(item), pair.kind == .list || pair.kind == .tuple,
        pair.values.count == 2
      else { return nil }
      pairs.append(PickleEntry(key: pair.values[0], value: pair.values[1]))
    }
    return pairs
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
    case .dict, .object: return traits[index].contains(.holdsTensor)
    case .list, .tuple, .set, .global, .persistent: return false
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
    var items = node.entries
    switch node.kind {
    case .dict: traits.insert(.isPairs)
    case .list:
      guard let pairs = pairs(node, in: pickle) else { return traits }
      traits.insert(.isPairs)
      items = uniqueItems(pairs, in: pickle.nodes)
    case .object: break
    case .tuple, .set, .global, .persistent: return traits
    }
    var hasParameters = false
    var hasModules = false
    for entry in items {
      guard case .string(let key) = entry.key else { continue }
      if isTensor(entry.value, in: pickle) { traits.insert(.holdsTensor) }
      if key == "_parameters" { hasParameters = true }
      if key == "_modules" { hasModules = true }
    }
    if hasParameters, hasModules { traits.insert(.isModuleState) }
    return traits
  }

  /// A human-readable description of a value.
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
}
