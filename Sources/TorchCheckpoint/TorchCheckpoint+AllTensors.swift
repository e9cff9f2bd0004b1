import VMIRCore

extension TorchCheckpoint {
  /// Lists all tensors of the file, for display.
  ///
  /// Names are paths: keys and indices joined by dots; a tensor that is the root has an empty
  /// name. Nothing is stripped, and `others` is empty. Objects are not looked into.
  ///
  /// - Throws: Where there are none, the reason, as `stateDict(key:)` does; `tooDeep`,
  ///   `tooManyValues`.
  package func allTensors() throws(TorchCheckpointError) -> StateDict {
    var walk = Walk(checkpoint: self)
    try walk.visit(tree.pickle.root, path: "", depth: 0)
    if walk.tensors.isEmpty {
      if let className = walk.moduleClass { throw .wholeModel(className: className) }
      throw refusalOfRoot()
    }
    return StateDict(
      containerKey: nil, otherKeys: [], strippedPrefix: "", tensors: walk.tensors,
      others: [], reader: reader)
  }

  private struct Walk {
    let checkpoint: TorchCheckpoint
    var tensors: [(name: String, value: PickleValue)] = []
    var moduleClass: String?
    private var visitCount = 0
    private var pathByteCount = 0

    init(checkpoint: TorchCheckpoint) { self.checkpoint = checkpoint }

    mutating func visit(
      _ value: PickleValue, path: String, depth: Int
    ) throws(TorchCheckpointError) {
      visitCount += 1 + checkpoint.tree.weight(of: value)
      pathByteCount += path.utf8.count
      guard visitCount <= checkpoint.limits.visitCount,
        pathByteCount <= checkpoint.limits.pathByteCount
      else {
        throw .tooManyValues(limit: checkpoint.limits.visitCount)
      }
      if checkpoint.tree.isTensor(value) {
        tensors.append((path, value))
        return
      }
      if checkpoint.tree.isModule(value) {
        moduleClass = moduleClass ?? checkpoint.tree.maker(value)
        return
      }
      let children = checkpoint.children(of: value)
      guard children.isEmpty || depth < checkpoint.limits.depth else {
        throw .tooDeep(limit: checkpoint.limits.depth)
      }
      for child in children {
        try visit(
          child.value, path: path.isEmpty ? child.name : "\(path).\(child.name)",
          depth: depth + 1)
      }
    }
  }
}
