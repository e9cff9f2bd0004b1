import ONNXModel
import VMIRCore

/// A tensor whose elements are known while a graph is imported.
///
/// Integers and truth values are kept as `Int64`, all else as `Float`; a weight stays where it is
/// until its elements are wanted. Not for use from several threads.
final class FoldedTensor {
  private enum Elements {
    case integers([Int64])
    case floats([Float])
    case stored(ONNXTensor)
  }

  /// Extents.
  let shape: [Int]
  private var elements: Elements
  /// The tensor whose exponential this is, element by element.
  var logarithm: FoldedTensor?
  /// The tensor whose negated exponential this is, element by element.
  var negatedLogarithm: FoldedTensor?

  init(_ shape: [Int], integers: [Int64]) {
    self.shape = shape
    elements = .integers(integers)
  }

  init(_ shape: [Int], floats: [Float]) {
    self.shape = shape
    elements = .floats(floats)
  }

  init(_ tensor: ONNXTensor) {
    shape = tensor.shape
    elements = .stored(tensor)
  }

  /// Whether the elements are integers or truth values.
  var isInteger: Bool {
    switch elements {
    case .integers: true
    case .floats: false
    case .stored(let tensor): !tensor.dtype.isFloat
    }
  }

  /// Count of elements.
  var count: Int { shape.reduce(1, *) }

  /// The tensor of the model that this is, unchanged.
  var stored: ONNXTensor? {
    guard case .stored(let tensor) = elements else { return nil }
    return tensor
  }

  /// The elements as floats, integers converted.
  func floats() throws(ONNXImportError) -> [Float] {
    switch elements {
    case .integers(let integers): return integers.map { Float($0) }
    case .floats(let floats): return floats
    case .stored(let tensor): return try loaded(tensor).floats()
    }
  }

  /// The elements as integers; nil where they are not.
  func integers() throws(ONNXImportError) -> [Int64]? {
    switch elements {
    case .integers(let integers): return integers
    case .floats: return nil
    case .stored(let tensor):
      guard !tensor.dtype.isFloat else { return nil }
      let loaded = try loaded(tensor)
      let integers = loaded.bytes.withBytes { bytes in
        (0..<loaded.elementCount).map { FoldedTensor.integer(tensor.dtype, bytes, $0) }
      }
      elements = .integers(integers)
      return integers
    }
  }

  private func loaded(_ tensor: ONNXTensor) throws(ONNXImportError) -> Tensor {
    do throws(ONNXError) {
      return try tensor.load()
    } catch {
      throw .model(error)
    }
  }

  private static func integer(
    _ dtype: DType, _ bytes: UnsafeRawBufferPointer, _ index: Int
  ) -> Int64 {
    func load<T: BinaryInteger & BitwiseCopyable>(_ type: T.Type) -> Int64 {
      Int64(bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: type))
    }
    return switch dtype {
    case .int8: load(Int8.self)
    case .int16: load(Int16.self)
    case .int32: load(Int32.self)
    case .int64: load(Int64.self)
    case .uint8, .bool: load(UInt8.self)
    case .float32, .float16, .bfloat16, .float64: 0
    }
  }
}
