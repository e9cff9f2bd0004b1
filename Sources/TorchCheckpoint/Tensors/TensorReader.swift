import VMIRCore

/// Turns the calls that rebuild tensors into layouts.
///
/// Source: `torch/_utils.py` and `torch/_tensor.py` for what the functions take, and
/// `torch/serialization.py` for storage references.
struct TensorReader: Sendable {
  let tree: TorchTree
  let storages: Storages
  let limits: CheckpointLimits
  private let budget = ExpansionBudget()

  init(tree: TorchTree, storages: Storages, limits: CheckpointLimits) {
    self.tree = tree
    self.storages = storages
    self.limits = limits
  }

  /// The layout of a tensor.
  ///
  /// - Throws: Why it can't be rebuilt; `tooMuchTogether` where views of the same storages ask for
  ///   far more than the file has.
  func layout(of value: PickleValue) throws(TensorFault) -> TensorLayout {
    let layout = try rebuiltLayout(of: value)
    guard budget.admits(layout, of: value, limits: limits) else {
      throw .tooMuchTogether(limit: limits.expandedTotalByteCount)
    }
    return layout
  }

  private func rebuiltLayout(of value: PickleValue) throws(TensorFault) -> TensorLayout {
    var (function, arguments) = try call(value)
    // Parameters and subclasses wrap a tensor; a longer chain is no honest one.
    for _ in 0..<8 {
      let bad = TensorFault.badArguments(function: function)
      switch function {
      case "torch._utils._rebuild_tensor":
        guard arguments.count == 4 else { throw bad }
        return try layout(arguments, type: nil)
      case "torch._utils._rebuild_tensor_v2":
        guard (6...7).contains(arguments.count) else { throw bad }
        if arguments.count == 7 { try checkMetadata(arguments[6]) }
        return try layout(arguments, type: nil)
      case "torch._utils._rebuild_tensor_v3":
        guard (7...8).contains(arguments.count), let name = tree.global(arguments[6]) else {
          throw bad
        }
        if arguments.count == 8 { try checkMetadata(arguments[7]) }
        guard let type = ElementType(dtype: name) else { throw .unsupportedType(name: name) }
        return try layout(arguments, type: type)
      case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
        "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer":
        guard let inner = arguments.first else { throw bad }
        (function, arguments) = try call(inner)
      case "torch._tensor._rebuild_from_type_v2":
        // What a subclass is made by may take what is no argument of a tensor.
        if let inner = arguments.first.flatMap({ tree.global($0) }), TensorFault.isKnownForm(inner)
        {
          throw .unsupportedForm(function: inner)
        }
        guard arguments.count == 4, let inner = tree.global(arguments[0]),
          let innerArguments = tree.sequence(arguments[2])
        else { throw bad }
        (function, arguments) = (inner, innerArguments)
      default:
        throw .unsupportedForm(function: function)
      }
    }
    throw .badArguments(function: function)
  }

  private func call(
    _ value: PickleValue
  ) throws(TensorFault) -> (function: String, arguments: [PickleValue]) {
    guard let node = tree.pickle.node(value), let function = tree.maker(value) else {
      throw .unsupportedForm(function: tree.summary(value))
    }
    return (function, tree.arguments(of: node))
  }

  /// Reads storage, offset, shape and strides, the first four arguments of each function.
  private func layout(
    _ arguments: [PickleValue], type: ElementType?
  ) throws(TensorFault) -> TensorLayout {
    let (stored, slice) = try storage(arguments[0])
    guard case .int(let elementOffset) = arguments[1] else { throw .badShape }
    let shape = try integers(arguments[2])
    let strides = try integers(arguments[3])
    let type = type ?? stored
    guard let dtype = type.dtype else { throw .unsupportedType(name: type.name) }
    return try TensorLayout(
      dtype, shape: shape, strides: strides, elementOffset: elementOffset, in: slice,
      limits: limits)
  }

  /// Resolves a reference `('storage', type, key, location, count)` and, in legacy files, a view
  /// `(key, offset, count)` as its sixth part.
  private func storage(
    _ value: PickleValue
  ) throws(TensorFault) -> (type: ElementType, slice: StorageSlice) {
    guard let reference = StorageReference(value, in: tree) else { throw .badStorage }
    guard let type = reference.type else {
      throw .unknownStorage(name: reference.typeName)
    }
    guard let byteCount = checkedProduct([reference.elementCount, type.byteCount]) else {
      throw .badStorage
    }
    let whole = try storages.slice(key: reference.key, byteCount: byteCount)
    guard let view = reference.view else { return (type, whole) }
    guard view.offset >= 0, view.elementCount >= 0,
      let end = checkedSum(view.offset, view.elementCount), end <= reference.elementCount
    else { throw .badStorage }
    return (
      type,
      StorageSlice(
        key: whole.key, place: whole.place, byteOffset: view.offset * type.byteCount,
        byteCount: view.elementCount * type.byteCount)
    )
  }

  private func integers(_ value: PickleValue) throws(TensorFault) -> [Int] {
    guard let values = tree.sequence(value) else { throw .badShape }
    guard values.count <= limits.dimensionCount else {
      throw .tooManyDimensions(count: values.count, limit: limits.dimensionCount)
    }
    var integers: [Int] = []
    for value in values {
      guard case .int(let integer) = value else { throw .badShape }
      integers.append(integer)
    }
    return integers
  }

  /// Refuses a tensor whose elements are not those of its storage.
  private func checkMetadata(_ value: PickleValue) throws(TensorFault) {
    // Metadata has a few items; many would be looked at again for each tensor that shares them.
    guard tree.weight(of: value) <= 64 else { throw .lazyNegation }
    for entry in tree.mapping(value) ?? []
    where entry.key == .string("neg") || entry.key == .string("conj") {
      guard entry.value == .bool(false) else { throw .lazyNegation }
    }
  }
}

/// What a persistent id says about a storage.
struct StorageReference {
  let typeName: String
  let key: String
  let elementCount: Int
  let view: (offset: Int, elementCount: Int)?

  /// Nil for a class that is unknown.
  var type: ElementType? { ElementType(storage: typeName) }

  /// Nil where `value` is no such reference.
  init?(_ value: PickleValue, in tree: TorchTree) {
    guard let node = tree.pickle.node(value), node.kind == .persistent,
      let parts = tree.sequence(node.arguments), parts.count >= 5,
      parts[0] == .string("storage"), let typeName = tree.global(parts[1]),
      case .int(let elementCount) = parts[4], elementCount >= 0
    else { return nil }
    switch parts[2] {
    case .string(let key): self.key = key
    case .int(let key): self.key = "\(key)"
    case .none, .bool, .bigInteger, .float, .bytes, .node: return nil
    }
    self.typeName = typeName
    self.elementCount = elementCount
    guard parts.count > 5, parts[5] != .none else {
      view = nil
      return
    }
    guard let view = tree.sequence(parts[5]), view.count == 3, case .int(let offset) = view[1],
      case .int(let count) = view[2]
    else { return nil }
    self.view = (offset, count)
  }
}
