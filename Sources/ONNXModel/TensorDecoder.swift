import CONNX
import VMIRCore

/// Numbers of element types in the format.
private enum ElementKind {
  static func dtype(_ number: Int32) -> DType? {
    switch number {
    case 1: .float32
    case 2: .uint8
    case 3: .int8
    case 4: .int32
    case 5: .int16
    case 6: .int32
    case 7, 12, 13: .int64
    case 9: .bool
    case 10: .float16
    case 11: .float64
    case 16: .bfloat16
    default: nil
    }
  }

  static func byteCount(_ number: Int32) -> Int {
    switch number {
    case 2, 3, 9: 1
    case 4, 5, 10, 16: 2
    case 1, 6, 12: 4
    default: 8
    }
  }
}

/// The element type that a number of the format is read as, or nil.
func elementType(_ number: Int32) -> DType? { ElementKind.dtype(number) }

/// Reads tensors out of decoded messages.
struct TensorDecoder {
  let limits: ONNXLimits
  let external: ExternalData

  /// Reads one tensor.
  ///
  /// - Throws: `unsupported` for other element types, `tensor`, `external`.
  func tensor(_ message: VmirOnnx__Tensor) throws(ONNXError) -> ONNXTensor {
    let name = text(message.name)
    guard let dtype = ElementKind.dtype(message.data_type) else {
      throw .unsupported(feature: "elements of type \(message.data_type)", name: name)
    }
    guard message.n_dims <= limits.axisCount else {
      throw .tensor(name: name, reason: "has \(message.n_dims) axes")
    }
    var shape: [Int] = []
    for dim in UnsafeBufferPointer(start: message.dims, count: message.n_dims) {
      guard dim >= 0 else { throw .tensor(name: name, reason: "has the extent \(dim)") }
      shape.append(Int(dim))
    }
    guard let elementCount = checkedProduct(shape),
      let byteCount = Tensor.byteCount(of: dtype, shape), byteCount <= limits.tensorByteCount
    else { throw .tensor(name: name, reason: "is too large: its shape is \(shape)") }
    guard message.data_location == 0 else {
      guard ElementKind.byteCount(message.data_type) == dtype.byteCount else {
        throw .unsupported(feature: "wide unsigned elements in another file", name: name)
      }
      let place = try external.place(
        name: name, entries: entries(message), byteCount: byteCount)
      return ONNXTensor(
        name: name, dtype: dtype, shape: shape, data: .external(place.0, offset: place.offset))
    }
    let tensor =
      message.raw_data.len > 0
      ? try raw(message, name, dtype, shape, elementCount)
      : try typed(message, name, dtype, shape, elementCount)
    guard let tensor else { throw .tensor(name: name, reason: "no memory for its elements") }
    return ONNXTensor(name: name, tensor)
  }

  private func entries(_ message: VmirOnnx__Tensor) -> [String: String] {
    var entries: [String: String] = [:]
    for pair in UnsafeBufferPointer(start: message.external_data, count: message.n_external_data) {
      if let pair { entries[text(pair.pointee.key)] = text(pair.pointee.value) }
    }
    return entries
  }

  private func raw(
    _ message: VmirOnnx__Tensor, _ name: String, _ dtype: DType, _ shape: [Int], _ count: Int
  ) throws(ONNXError) -> Tensor? {
    let width = ElementKind.byteCount(message.data_type)
    // SAFETY: the decoder gives `len` bytes at `data`.
    let bytes = UnsafeRawBufferPointer(start: message.raw_data.data, count: message.raw_data.len)
    guard bytes.count == count * width else {
      throw .tensor(name: name, reason: "has \(bytes.count) bytes for \(count) elements")
    }
    guard width != dtype.byteCount || message.data_type == 13 else {
      return Tensor(dtype, shape) { (target: UnsafeMutableRawBufferPointer) in
        target.copyMemory(from: bytes)
      }
    }
    return try Tensor(dtype, shape) { (target) throws(ONNXError) in
      for index in 0..<count {
        func load<T: BitwiseCopyable>(_ type: T.Type) -> T {
          bytes.loadUnaligned(fromByteOffset: index * width, as: type)
        }
        switch message.data_type {
        case 4:
          target.storeBytes(
            of: Int32(load(UInt16.self)), toByteOffset: index * 4, as: Int32.self)
        case 12:
          target.storeBytes(
            of: Int64(load(UInt32.self)), toByteOffset: index * 8, as: Int64.self)
        default:
          try store(load(UInt64.self), index, target, name)
        }
      }
    }
  }

  private func store(
    _ value: UInt64, _ index: Int, _ target: UnsafeMutableRawBufferPointer, _ name: String
  ) throws(ONNXError) {
    guard let signed = Int64(exactly: value) else {
      throw .tensor(name: name, reason: "element \(index) is \(value), which is too large")
    }
    target.storeBytes(of: signed, toByteOffset: index * 8, as: Int64.self)
  }

  private func typed(
    _ message: VmirOnnx__Tensor, _ name: String, _ dtype: DType, _ shape: [Int], _ count: Int
  ) throws(ONNXError) -> Tensor? {
    let found: Int =
      switch message.data_type {
      case 1: message.n_float_data
      case 7: message.n_int64_data
      case 11: message.n_double_data
      case 12, 13: message.n_uint64_data
      default: message.n_int32_data
      }
    guard found == count else {
      throw .tensor(name: name, reason: "has \(found) elements, not \(count)")
    }
    return try Tensor(dtype, shape) { (target) throws(ONNXError) in
      for index in 0..<count {
        func store<T: BitwiseCopyable>(_ value: T) {
          target.storeBytes(of: value, toByteOffset: index * MemoryLayout<T>.size, as: T.self)
        }
        switch message.data_type {
        case 1: store(message.float_data[index])
        case 7: store(message.int64_data[index])
        case 11: store(message.double_data[index])
        case 12, 13: try self.store(message.uint64_data[index], index, target, name)
        case 4, 6: store(message.int32_data[index])
        case 5: store(Int16(truncatingIfNeeded: message.int32_data[index]))
        case 10, 16: store(UInt16(truncatingIfNeeded: message.int32_data[index]))
        case 9: store(UInt8(message.int32_data[index] == 0 ? 0 : 1))
        default: store(UInt8(truncatingIfNeeded: message.int32_data[index]))
        }
      }
    }
  }
}

/// Text of the decoder's; empty for none.
func text(_ pointer: UnsafePointer<CChar>?) -> String {
  pointer.map { String(cString: $0) } ?? ""
}
