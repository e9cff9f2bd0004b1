import VMIRCore

/// Statistics of a tensor's elements, accumulated in pieces.
struct TensorSummary {
  let dtype: DType
  /// Least and greatest finite element.
  private(set) var minimum: Double?
  private(set) var greatest: Double?
  /// Elements that are infinite or not a number.
  private(set) var nonFiniteCount = 0
  /// The first four elements as text.
  private(set) var first: [String] = []
  private var sum = 0.0
  private var finiteCount = 0
  private var hash = SHA256()

  init(_ dtype: DType) { self.dtype = dtype }

  /// Mean of the finite elements.
  var mean: Double? { finiteCount > 0 ? sum / Double(finiteCount) : nil }

  /// SHA-256 of all bytes.
  var sha256: String { hexadecimal(hash.digest()) }

  /// Takes the next elements, little-endian; the piece ends between two.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bytes)
    switch dtype {
    case .float32: floats(bytes, UInt32.self) { Double(Float(bitPattern: $0)) }
    case .float16: floats(bytes, UInt16.self) { Double(float(half: $0)) }
    case .bfloat16: floats(bytes, UInt16.self) { Double(float(bfloat: $0)) }
    case .float64: floats(bytes, UInt64.self) { Double(bitPattern: $0) }
    case .int8: integers(bytes, Int8.self)
    case .int16: integers(bytes, Int16.self)
    case .int32: integers(bytes, Int32.self)
    case .int64: integers(bytes, Int64.self)
    case .uint8, .bool: integers(bytes, UInt8.self)
    }
  }

  private mutating func floats<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ type: Bits.Type, _ value: (Bits) -> Double
  ) {
    for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Bits>.size) {
      let element = value(bytes.loadUnaligned(fromByteOffset: offset, as: type))
      add(element)
      guard first.count < 4 else { continue }
      first.append(dtype == .float64 ? "\(element)" : "\(Float(element))")
    }
  }

  /// Integers are shown as they are: not each of 64 bits is a Double.
  private mutating func integers<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ type: Integer.Type
  ) {
    for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Integer>.size) {
      let element = bytes.loadUnaligned(fromByteOffset: offset, as: type)
      add(Double(element))
      guard first.count < 4 else { continue }
      first.append(dtype == .bool ? (element == 0 ? "false" : "true") : "\(element)")
    }
  }

  private mutating func add(_ element: Double) {
    guard element.isFinite else {
      nonFiniteCount += 1
      return
    }
    finiteCount += 1
    sum += element
    minimum = minimum.map { min($0, element) } ?? element
    greatest = greatest.map { max($0, element) } ?? element
  }
}
