import VMIRCore

extension TorchCheckpoint {
  /// Finds every dict of tensors in the file, or every one at a key and below it.
  ///
  /// Looks through dicts, lists, tuples and sets, but not into modules, nor into what is kept under
  /// a name with `optim` or `scheduler` in it unless the key leads there. A dict that stands in
  /// several places is given once, by the first. A file with more values than the limits allow is
  /// searched as far as they do.
  ///
  /// - Parameter key: Path of a value, its parts joined by dots; nil for the whole file.
  /// - Returns: The dicts in file order, with the names as they stand; `containerKey` is the path.
  ///   Empty where there is nothing at the key.
  package func allStateDicts(key: String? = nil) -> [StateDict] {
    var walk = DictWalk(checkpoint: self)
    if let key {
      guard let start = value(at: key, in: tree.pickle.root, depth: limits.depth) else { return [] }
      walk.visit(start, path: key, depth: 0)
    } else {
      walk.visit(tree.pickle.root, path: nil, depth: 0)
    }
    return walk.found.map { path, value in
      stateDict(value, at: path, others: [], stripsPrefix: false)
    }
  }

  private struct DictWalk {
    let checkpoint: TorchCheckpoint
    var found: [(path: String?, value: PickleValue)] = []
    private var seen: Set<Int> = []
    private var visitCount = 0
    private var pathByteCount = 0

    init(checkpoint: TorchCheckpoint) { self.checkpoint = checkpoint }

    mutating func visit(_ value: PickleValue, path: String?, depth: Int) {
      let tree = checkpoint.tree
      guard case .node(let index) = value, seen.insert(index).inserted,
        !tree.isTensor(value), !tree.isModule(value)
      else { return }
      if tree.isStateDict(value) { found.append((path, value)) }
      visitCount += 1 + tree.weight(of: value)
      guard depth < checkpoint.limits.depth, visitCount <= checkpoint.limits.visitCount else {
        return
      }
      for child in checkpoint.children(of: value) {
        guard case .node = child.value, !tree.isTensor(child.value) else { continue }
        let name = child.name.lowercased()
        guard !name.contains("optim"), !name.contains("scheduler") else { continue }
        let path = path.map { "\($0).\(child.name)" } ?? child.name
        pathByteCount += path.utf8.count
        guard pathByteCount <= checkpoint.limits.pathByteCount else { return }
        visit(child.value, path: path, depth: depth + 1)
      }
    }
  }
}
