import VMIRCore

/// Element type as PyTorch names it, of which only some are element types here.
struct ElementType: Equatable, Sendable {
  /// Name without `torch.`: `float32`, `complex64`, `qint8`.
  let name: String
  /// Bytes that one element takes in a storage.
  let byteCount: Int
  /// The same type here, or nil where tensors of it can't be read.
  let dtype: DType?

  private init(_ name: String, _ byteCount: Int, _ dtype: DType?) {
    self.name = name
    self.byteCount = byteCount
    self.dtype = dtype
  }

  /// Type of the elements of a storage class, bytes for untyped ones; nil for what is no such class.
  ///
  /// - Parameter storage: Full Python name, such as `torch.FloatStorage`.
  init?(storage: String) {
    let modules = ["torch.", "torch.cuda.", "torch.storage."]
    guard let module = modules.last(where: { storage.hasPrefix($0) }),
      let found = ElementType.storages[String(storage.dropFirst(module.count))]
    else { return nil }
    self = found
  }

  /// Type with a dtype's full Python name, such as `torch.float32`.
  init?(dtype name: String) {
    guard name.hasPrefix("torch."), let found = ElementType.types[String(name.dropFirst(6))] else {
      return nil
    }
    self = found
  }

  private static let storages: [String: ElementType] = [
    "FloatStorage": ElementType("float32", 4, .float32),
    "HalfStorage": ElementType("float16", 2, .float16),
    "BFloat16Storage": ElementType("bfloat16", 2, .bfloat16),
    "DoubleStorage": ElementType("float64", 8, .float64),
    "CharStorage": ElementType("int8", 1, .int8),
    "ShortStorage": ElementType("int16", 2, .int16),
    "IntStorage": ElementType("int32", 4, .int32),
    "LongStorage": ElementType("int64", 8, .int64),
    "ByteStorage": ElementType("uint8", 1, .uint8),
    "BoolStorage": ElementType("bool", 1, .bool),
    "UntypedStorage": ElementType("uint8", 1, .uint8),
    "_UntypedStorage": ElementType("uint8", 1, .uint8),
    "TypedStorage": ElementType("uint8", 1, .uint8),
    "ComplexFloatStorage": ElementType("complex64", 8, nil),
    "ComplexDoubleStorage": ElementType("complex128", 16, nil),
    "QInt8Storage": ElementType("qint8", 1, nil),
    "QUInt8Storage": ElementType("quint8", 1, nil),
    "QInt32Storage": ElementType("qint32", 4, nil),
    "QUInt4x2Storage": ElementType("quint4x2", 1, nil),
    "QUInt2x4Storage": ElementType("quint2x4", 1, nil),
  ]

  private static let types: [String: ElementType] = {
    var types: [String: ElementType] = [:]
    for type in storages.values { types[type.name] = type }
    let synonyms = [
      "float": "float32", "half": "float16", "double": "float64", "short": "int16",
      "int": "int32", "long": "int64", "cfloat": "complex64", "cdouble": "complex128",
    ]
    for (synonym, name) in synonyms { types[synonym] = types[name] }
    for (name, byteCount) in [
      ("uint16", 2), ("uint32", 4), ("uint64", 8), ("complex32", 4), ("float8_e4m3fn", 1),
      ("float8_e5m2", 1), ("float8_e4m3fnuz", 1), ("float8_e5m2fnuz", 1), ("float8_e8m0fnu", 1),
    ] { types[name] = ElementType(name, byteCount, nil) }
    return types
  }()
}
