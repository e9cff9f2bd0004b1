import CVMIRPlatform

/// Memory of a tensor: 64-byte aligned, written once while it is made, then only read.
package final class TensorBytes: @unchecked Sendable {
  // Unchecked: the memory is mutable only inside `init`, before anyone else has a reference.
  private let memory: UnsafeMutableRawPointer
  /// Size in bytes.
  package let byteCount: Int

  private init?(byteCount: Int, isZeroed: Bool) {
    guard byteCount >= 0, let memory = vp_allocate(byteCount, 64) else { return nil }
    // SAFETY: `memory` has at least `byteCount` bytes.
    if isZeroed { memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount) }
    self.memory = memory
    self.byteCount = byteCount
  }

  /// Allocates zeroed memory and lets `initialize` fill it.
  ///
  /// - Parameters:
  ///   - byteCount: Size in bytes.
  ///   - isZeroed: False where `initialize` writes every byte unless it throws.
  ///   - initialize: Writes the bytes.
  /// - Returns: nil when allocation fails or `byteCount` is negative.
  /// - Throws: What `initialize` throws.
  package static func make<E: Error>(
    byteCount: Int, isZeroed: Bool = true,
    initialize: (UnsafeMutableRawBufferPointer) throws(E) -> Void
  ) throws(E) -> TensorBytes? {
    guard let bytes = TensorBytes(byteCount: byteCount, isZeroed: isZeroed) else { return nil }
    // SAFETY: Nobody else has a reference yet.
    try initialize(UnsafeMutableRawBufferPointer(start: bytes.memory, count: byteCount))
    return bytes
  }

  deinit { vp_free(memory) }

  /// Calls `body` with the bytes, valid during the call.
  package func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(UnsafeRawBufferPointer(start: memory, count: byteCount))
  }
}

/// A concrete tensor: element type, shape, and its elements in row-major order, little-endian.
package struct Tensor: Sendable {
  /// Element type.
  package let dtype: DType
  /// Extents, outermost first; empty for a scalar.
  package let shape: [Int]
  /// The elements, `elementCount * dtype.byteCount` bytes.
  package let bytes: TensorBytes

  /// A tensor over bytes that are already there; nil unless their count fits the shape.
  package init?(_ dtype: DType, _ shape: [Int], bytes: TensorBytes) {
    guard let byteCount = Tensor.byteCount(of: dtype, shape), byteCount == bytes.byteCount else {
      return nil
    }
    self.dtype = dtype
    self.shape = shape
    self.bytes = bytes
  }

  /// A tensor whose bytes `initialize` fills; they are zero before.
  ///
  /// nil when a dimension is negative, the size overflows, or allocation fails.
  ///
  /// - Parameters:
  ///   - dtype: Element type.
  ///   - shape: Extents, outermost first.
  ///   - isZeroed: False where `initialize` writes every byte unless it throws.
  ///   - initialize: Writes the elements.
  /// - Throws: What `initialize` throws.
  package init?<E: Error>(
    _ dtype: DType, _ shape: [Int], isZeroed: Bool = true,
    initialize: (UnsafeMutableRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    guard let byteCount = Tensor.byteCount(of: dtype, shape),
      let bytes = try TensorBytes.make(
        byteCount: byteCount, isZeroed: isZeroed, initialize: initialize)
    else { return nil }
    self.dtype = dtype
    self.shape = shape
    self.bytes = bytes
  }

  /// A `float32` tensor with these elements; nil unless their count fits the shape.
  package init?(_ shape: [Int], floats: [Float]) {
    guard Tensor.byteCount(of: .float32, shape) == floats.count * 4 else { return nil }
    self.init(.float32, shape) { (target: UnsafeMutableRawBufferPointer) in
      floats.withUnsafeBytes { target.copyMemory(from: $0) }
    }
  }

  /// Product of the extents.
  package var elementCount: Int { bytes.byteCount / dtype.byteCount }

  /// Bytes that a tensor of this type takes, or nil where that does not fit an `Int`.
  package static func byteCount(of dtype: DType, _ shape: [Int]) -> Int? {
    guard let elementCount = checkedProduct(shape) else { return nil }
    return checkedProduct([elementCount, dtype.byteCount])
  }

  /// The elements as `Float`, converted from any element type; `float64` is rounded to nearest.
  package func floats() -> [Float] {
    bytes.withBytes { raw in
      Array(unsafeUninitializedCapacity: elementCount) { target, count in
        if dtype == .float32, let address = target.baseAddress, let source = raw.baseAddress {
          // Little-endian as the processors that this runs on.
          UnsafeMutableRawPointer(address).copyMemory(from: source, byteCount: raw.count)
          count = elementCount
          return
        }
        for index in 0..<elementCount {
          target.initializeElement(at: index, to: Float(Tensor.element(dtype, raw, index)))
        }
        count = elementCount
      }
    }
  }

  /// The elements as `Double`, exact for all but large `int64`.
  package func doubles() -> [Double] {
    bytes.withBytes { raw in (0..<elementCount).map { Tensor.element(dtype, raw, $0) } }
  }

  private static func element(
    _ dtype: DType, _ raw: UnsafeRawBufferPointer, _ index: Int
  ) -> Double {
    func load<T>(_ type: T.Type) -> T where T: BitwiseCopyable {
      raw.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: type)
    }
    switch dtype {
    case .float32: return Double(load(Float.self))
    case .float16: return Double(float(half: load(UInt16.self)))
    case .bfloat16: return Double(float(bfloat: load(UInt16.self)))
    case .float64: return load(Double.self)
    case .int8: return Double(load(Int8.self))
    case .int16: return Double(load(Int16.self))
    case .int32: return Double(load(Int32.self))
    case .int64: return Double(load(Int64.self))
    case .uint8, .bool: return Double(load(UInt8.self))
    }
  }
}
