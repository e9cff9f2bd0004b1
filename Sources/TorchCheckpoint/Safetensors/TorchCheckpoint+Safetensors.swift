import VMIRCore

extension TorchCheckpoint {
  /// Opens a safetensors file.
  ///
  /// Its table becomes the dict of tensors that `torch.save(state_dict)` would have pickled, so that
  /// names, types and refusals are those of any other checkpoint.
  ///
  /// - Throws: `file`, `safetensors`.
  static func openSafetensors(
    _ source: ByteSource, limits: CheckpointLimits
  ) throws(TorchCheckpointError) -> TorchCheckpoint {
    let header = try SafetensorsHeader.read(source, limits: limits)
    var table = SafetensorsTable()
    table.add(header.entries, in: source)
    return table.checkpoint(metadata: header.metadata, limits: limits)
  }

  /// Opens the files of an index, `model.safetensors.index.json`, all in its folder.
  ///
  /// - Parameters:
  ///   - source: The index.
  ///   - folder: The index's folder with a slash behind it, or nothing.
  ///   - limits: What the files may ask for.
  /// - Returns: Nil where the JSON is no index at all.
  /// - Throws: `file`, `safetensors`.
  static func openIndex(
    _ source: ByteSource, folder: String, limits: CheckpointLimits
  ) throws(TorchCheckpointError) -> TorchCheckpoint? {
    guard source.byteCount <= limits.safetensorsHeaderByteCount else { return nil }
    let text: [UInt8]
    do throws(FileError) {
      text = try source.read(count: source.byteCount, at: 0)
    } catch {
      throw .file(error)
    }
    do throws(SafetensorsError) {
      guard let index = try SafetensorsIndex(text, limits: limits) else { return nil }
      return try index.open(folder: folder, limits: limits)
    } catch {
      throw .safetensors(error)
    }
  }
}

/// Tensors of one or more files, made into the tree of a pickled state dict.
struct SafetensorsTable {
  private var nodes: [PickleNode] = []
  private var items: [PickleEntry] = []
  private var parts: [String: StoragePart] = [:]
  private var sources: [ByteSource] = []

  /// Adds the tensors of a file; names have to be new.
  mutating func add(_ entries: [SafetensorsHeader.Entry], in source: ByteSource) {
    sources.append(source)
    for entry in entries {
      parts[entry.name] = StoragePart(
        source: sources.count - 1, offset: entry.range.lowerBound, byteCount: entry.range.count)
      items.append(PickleEntry(key: .string(entry.name), value: tensor(entry)))
    }
  }

  /// The checkpoint that holds these tensors at its root.
  func checkpoint(metadata: [String: String], limits: CheckpointLimits) -> TorchCheckpoint {
    var root = PickleNode(.dict)
    root.entries = items
    let pickle = PickleTree(nodes: nodes + [root], root: .node(nodes.count), endOffset: 0)
    let reader = TensorReader(
      tree: TorchTree(pickle: pickle), storages: Storages(sources, parts: parts), limits: limits)
    return TorchCheckpoint(
      format: .safetensors, reader: reader, limits: limits, metadata: metadata)
  }

  private mutating func node(_ node: PickleNode) -> PickleValue {
    nodes.append(node)
    return .node(nodes.count - 1)
  }

  /// `torch._utils._rebuild_tensor_v3(storage, 0, shape, strides, False, {}, dtype)`.
  private mutating func tensor(_ entry: SafetensorsHeader.Entry) -> PickleValue {
    let storageType = node(PickleNode(.global, name: "torch.UntypedStorage"))
    let id = node(
      PickleNode(
        .tuple,
        values: [
          .string("storage"), storageType, .string(entry.name), .string("cpu"),
          .int(entry.range.count),
        ]))
    let storage = node(PickleNode(.persistent, arguments: id))
    var strides: [Int] = []
    var stride = 1
    for extent in entry.shape.reversed() {
      strides.append(stride)
      // Where this does not fit, the layout refuses the shape.
      stride = stride.multipliedReportingOverflow(by: max(extent, 1)).partialValue
    }
    let shape = node(PickleNode(.tuple, values: entry.shape.map { .int($0) }))
    let stridesNode = node(PickleNode(.tuple, values: strides.reversed().map { .int($0) }))
    let hooks = node(PickleNode(.dict))
    let typeName = SafetensorsType(entry.dtype)?.torchName ?? entry.dtype
    let type = node(PickleNode(.global, name: "torch." + typeName))
    let function = node(PickleNode(.global, name: "torch._utils._rebuild_tensor_v3"))
    let arguments = node(
      PickleNode(
        .tuple, values: [storage, .int(0), shape, stridesNode, .bool(false), hooks, type]))
    return node(PickleNode(.object, callee: function, arguments: arguments))
  }
}
