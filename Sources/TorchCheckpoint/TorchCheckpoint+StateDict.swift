import VMIRCore

extension TorchCheckpoint {
  /// Finds the state dict of a network.
  ///
  /// Without a key, the first of `preferredKeys` that holds tensors is taken, then the root, then
  /// the only dict of tensors at the root. A prefix of `prefixes` that all tensors share is
  /// removed from their names.
  ///
  /// - Parameter key: Path of the dict, its parts joined by dots; nil to look for it.
  /// - Returns: The dict; none of its tensors is read yet.
  /// - Throws: `noKey`, `notStateDict`, `noStateDict`, `severalStateDicts`, `wholeModel`,
  ///   `trainingState`, `foreignCall`.
  package func stateDict(key: String? = nil) throws(TorchCheckpointError) -> StateDict {
    let root = tree.pickle.root
    let candidates = stateDictKeys
    if let key {
      guard let value = value(at: key, in: root, depth: limits.depth) else {
        throw .noKey(key: key, keys: keys(of: root))
      }
      guard tree.isStateDict(value) else { throw refusal(of: value, at: key) }
      return stateDict(value, at: key, others: candidates.filter { $0 != key })
    }
    if let named = preferred(among: candidates) {
      guard let value = value(at: named, in: root, depth: limits.depth) else {
        throw .noStateDict(found: tree.summary(root))
      }
      return stateDict(value, at: named, others: candidates.filter { $0 != named })
    }
    if tree.isStateDict(root) { return stateDict(root, at: nil, others: candidates) }
    guard candidates.count < 2 else { throw .severalStateDicts(keys: candidates) }
    if let only = candidates.first, let value = value(at: only, in: root, depth: limits.depth) {
      return stateDict(value, at: only, others: [])
    }
    throw refusalOfRoot()
  }

  /// Paths of the dicts of tensors that can be told without being named, in file order.
  package var stateDictKeys: [String] {
    var keys: [String] = []
    for entry in tree.mapping(tree.pickle.root) ?? [] {
      guard case .string(let key) = entry.key else { continue }
      if tree.isStateDict(entry.value) {
        keys.append(key)
      } else if TorchCheckpoint.preferredKeys.contains(key) {
        for inner in tree.mapping(entry.value) ?? [] {
          guard case .string(let innerKey) = inner.key,
            TorchCheckpoint.preferredKeys.contains(innerKey), tree.isStateDict(inner.value)
          else { continue }
          keys.append("\(key).\(innerKey)")
        }
      }
    }
    return keys
  }

  /// Keys under which training code keeps a network's state dict, best first.
  package static let preferredKeys = [
    "params_ema", "params", "state_dict", "model_state_dict", "model", "net", "generator",
    "net_g", "netG",
  ]

  /// Prefixes added by wrapper modules (`DataParallel`: `module.`).
  package static let prefixes = [
    "module.", "netG.", "net_g.", "model.", "generator.", "_orig_mod.",
  ]

  // MARK: Looking

  private func preferred(among candidates: [String]) -> String? {
    for key in TorchCheckpoint.preferredKeys {
      if candidates.contains(key) { return key }
      for inner in TorchCheckpoint.preferredKeys where candidates.contains("\(key).\(inner)") {
        return "\(key).\(inner)"
      }
    }
    return nil
  }

  /// Follows a path; keys may have dots themselves.
  func value(at path: String, in value: PickleValue, depth: Int) -> PickleValue? {
    guard depth > 0 else { return nil }
    for (name, inner) in children(of: value) {
      if name == path { return inner }
      guard path.hasPrefix(name + ".") else { continue }
      let rest = String(path.dropFirst(name.count + 1))
      if let found = self.value(at: rest, in: inner, depth: depth - 1) { return found }
    }
    return nil
  }

  /// Named parts of a dict or of a sequence.
  func children(of value: PickleValue) -> [(name: String, value: PickleValue)] {
    if tree.isTensor(value) { return [] }
    if let entries = tree.mapping(value) {
      return entries.map { (tree.name(ofKey: $0.key), $0.value) }
    }
    return (tree.sequence(value) ?? []).enumerated().map { ("\($0)", $1) }
  }

  private func keys(of value: PickleValue) -> [String] { children(of: value).map(\.name) }

  // MARK: Giving

  /// The tensors of one dict; with `stripsPrefix` without a prefix of `prefixes` that all names share.
  func stateDict(
    _ value: PickleValue, at key: String?, others: [String], stripsPrefix: Bool = true
  ) -> StateDict {
    var tensors: [(name: String, value: PickleValue)] = []
    var nonTensors: [UnusableEntry] = []
    for entry in tree.mapping(value) ?? [] {
      if case .string(let name) = entry.key, tree.isTensor(entry.value) {
        tensors.append((name, entry.value))
      } else {
        let fault = TensorFault.notTensor(found: tree.kind(entry.value))
        nonTensors.append(UnusableEntry(name: tree.name(ofKey: entry.key), fault: fault))
      }
    }
    var prefix = ""
    while stripsPrefix,
      let more = TorchCheckpoint.prefixes.first(where: { candidate in
        let longer = prefix + candidate
        return !tensors.isEmpty
          && tensors.allSatisfy {
            $0.name.utf8.count > longer.utf8.count && $0.name.utf8.starts(with: longer.utf8)
          }
      })
    {
      prefix += more
    }
    return StateDict(
      containerKey: key, otherKeys: others, strippedPrefix: prefix, tensors: tensors,
      others: nonTensors, reader: reader)
  }

  // MARK: Refusing

  private func refusal(of value: PickleValue, at key: String) -> TorchCheckpointError {
    if tree.isModule(value) { return .wholeModel(className: tree.maker(value) ?? "") }
    if tree.mapping(value) == nil, !tree.isTensor(value), let function = tree.maker(value) {
      return .foreignCall(path: key, function: TorchCheckpoint.publicName(function))
    }
    return .notStateDict(key: key, found: tree.summary(value))
  }

  /// Why the root holds no state dict, as truly as can be told.
  func refusalOfRoot() -> TorchCheckpointError {
    let root = tree.pickle.root
    if tree.isModule(root) { return .wholeModel(className: tree.maker(root) ?? "") }
    guard let entries = tree.mapping(root) else {
      guard let function = tree.maker(root), !tree.isTensor(root) else {
        return .noStateDict(found: tree.summary(root))
      }
      return .foreignCall(path: "", function: TorchCheckpoint.publicName(function))
    }
    for entry in entries where tree.isModule(entry.value) {
      return .wholeModel(className: tree.maker(entry.value) ?? "")
    }
    for key in TorchCheckpoint.preferredKeys {
      guard let entry = entries.first(where: { $0.key == .string(key) }) else { continue }
      return refusal(of: entry.value, at: key)
    }
    let isTraining = ["optimizers", "schedulers"].allSatisfy { key in
      entries.contains { $0.key == .string(key) }
    }
    return isTraining ? .trainingState : .noStateDict(found: tree.summary(root))
  }

  /// The name under which people know a function that pickle calls by its inner one.
  private static func publicName(_ function: String) -> String {
    function == "posix.system" || function == "nt.system" ? "os.system" : function
  }
}
