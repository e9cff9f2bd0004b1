import VMIRCore

extension NpyArray {
  /// Reads a `.npy` file: real numbers of any size and byte order, row- or column-major.
  ///
  /// `float64` and integers are rounded to the nearest `float32`; `bool` becomes 0 or 1. Bytes
  /// behind the elements are an error.
  ///
  /// - Parameters:
  ///   - bytes: The whole file, or the whole member of an `.npz` archive.
  ///   - limits: Checked before memory is allocated.
  /// - Returns: The array.
  /// - Throws: All cases of `NpyError` but `notAnImage`.
  package static func decode(
    _ bytes: UnsafeRawBufferPointer, limits: NpyLimits = NpyLimits()
  ) throws(NpyError) -> NpyArray {
    let (header, elements) = try header(bytes, limits: limits)
    let stored = floats(elements, header)
    let values = header.isFortranOrder ? rowMajor(stored, header.shape) : stored
    return NpyArray(checked: header.shape, values)
  }

  /// Reads a `.npy` file; the same as for bytes in place.
  ///
  /// - Throws: All cases of `NpyError` but `notAnImage`.
  package static func decode(
    _ bytes: [UInt8], limits: NpyLimits = NpyLimits()
  ) throws(NpyError) -> NpyArray {
    let result: Result<NpyArray, NpyError> = bytes.withUnsafeBytes { raw in
      do throws(NpyError) {
        return .success(try decode(raw, limits: limits))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// The header of a file, and the bytes of its elements.
  ///
  /// - Throws: All cases of `NpyError` but `notAnImage`.
  static func header(
    _ bytes: UnsafeRawBufferPointer, limits: NpyLimits
  ) throws(NpyError) -> (header: NpyHeader, elements: UnsafeRawBufferPointer) {
    guard bytes.starts(with: NpyHeader.magic) else { throw .notNpy(FileKind(bytes)) }
    let magicCount = NpyHeader.magic.count
    var reader = ByteReader(
      UnsafeRawBufferPointer(rebasing: bytes[magicCount...]), base: magicCount)
    let header = try NpyHeader.read(&reader, limits: limits)
    guard let count = checkedProduct(header.shape), count <= limits.elementCount,
      let byteCount = checkedProduct([count, header.element.byteCount])
    else { throw .tooManyElements(shape: header.shape, limit: limits.elementCount) }
    guard byteCount == reader.remaining else {
      throw .byteCountMismatch(expected: byteCount, found: reader.remaining)
    }
    return (header, UnsafeRawBufferPointer(rebasing: bytes[(magicCount + reader.position)...]))
  }

  private static func floats(_ bytes: UnsafeRawBufferPointer, _ header: NpyHeader) -> [Float] {
    func converted<Raw: FixedWidthInteger & BitwiseCopyable>(
      _ convert: (Raw) -> Float
    ) -> [Float] {
      let size = MemoryLayout<Raw>.size
      let count = bytes.count / size
      return [Float](unsafeUninitializedCapacity: count) { target, initializedCount in
        for index in 0..<count {
          let raw = bytes.loadUnaligned(fromByteOffset: index * size, as: Raw.self)
          let value = header.isBigEndian ? Raw(bigEndian: raw) : Raw(littleEndian: raw)
          target.initializeElement(at: index, to: convert(value))
        }
        initializedCount = count
      }
    }
    switch header.element {
    case .float16: return converted { (bits: UInt16) in float(half: bits) }
    case .float32: return converted { (bits: UInt32) in Float(bitPattern: bits) }
    case .float64: return converted { (bits: UInt64) in Float(Double(bitPattern: bits)) }
    case .int8: return converted { (value: Int8) in Float(value) }
    case .int16: return converted { (value: Int16) in Float(value) }
    case .int32: return converted { (value: Int32) in Float(value) }
    case .int64: return converted { (value: Int64) in Float(value) }
    case .uint8: return converted { (value: UInt8) in Float(value) }
    case .uint16: return converted { (value: UInt16) in Float(value) }
    case .uint32: return converted { (value: UInt32) in Float(value) }
    case .uint64: return converted { (value: UInt64) in Float(value) }
    case .bool: return converted { (value: UInt8) in value == 0 ? 0 : 1 }
    }
  }

  /// Elements stored with the first axis fastest, put in the order with the last axis fastest.
  private static func rowMajor(_ stored: [Float], _ shape: [Int]) -> [Float] {
    var steps: [Int] = []
    var step = 1
    for extent in shape {
      steps.append(step)
      step *= max(1, extent)
    }
    var index = [Int](repeating: 0, count: shape.count)
    var source = 0
    var values: [Float] = []
    values.reserveCapacity(stored.count)
    for _ in 0..<stored.count {
      values.append(stored[source])
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        source += steps[axis]
        guard index[axis] == shape[axis] else { break }
        source -= shape[axis] * steps[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return values
  }
}
