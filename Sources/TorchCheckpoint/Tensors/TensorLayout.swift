import VMIRCore

/// Which elements of a storage a tensor has; all that can be checked without its bytes is checked.
struct TensorLayout: Equatable, Sendable {
  let dtype: DType
  /// Extents, outermost first.
  let shape: [Int]
  /// Distance of neighbours along each dimension, in elements.
  let strides: [Int]
  let storage: StorageSlice
  /// First element, counted from the slice's first.
  let elementOffset: Int

  var elementCount: Int { shape.reduce(1, *) }

  /// Bytes of the slice from the first element that the tensor has to the last.
  var touchedBytes: Range<Int> {
    guard elementCount > 0 else { return 0..<0 }
    let last = zip(shape, strides).reduce(elementOffset) { $0 + ($1.0 - 1) * $1.1 }
    return elementOffset * dtype.byteCount..<(last + 1) * dtype.byteCount
  }

  /// Whether the elements lie in row-major order without gaps.
  var isContiguous: Bool {
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      guard stride == expected else { return elementCount == 0 }
      expected *= extent
    }
    return true
  }

  /// Checks a layout against its storage and the limits.
  ///
  /// - Throws: `tooManyDimensions`, `badShape`, `tooLarge`, `outside`, `expandsTooFar`.
  init(
    _ dtype: DType, shape: [Int], strides: [Int], elementOffset: Int, in storage: StorageSlice,
    limits: CheckpointLimits
  ) throws(TensorFault) {
    guard shape.count <= limits.dimensionCount else {
      throw .tooManyDimensions(count: shape.count, limit: limits.dimensionCount)
    }
    guard shape.count == strides.count, elementOffset >= 0, shape.allSatisfy({ $0 >= 0 }),
      strides.allSatisfy({ $0 >= 0 })
    else { throw .badShape }
    let tooLarge = TensorFault.tooLarge(limit: limits.tensorByteCount)
    // A zero anywhere makes the tensor empty, but the others must still be countable.
    guard let magnitude = checkedProduct(shape.map { max($0, 1) }),
      let byteCount = checkedProduct([magnitude, dtype.byteCount]),
      byteCount <= limits.tensorByteCount
    else { throw tooLarge }
    if !shape.contains(0) {
      var last = elementOffset
      for (extent, stride) in zip(shape, strides) {
        guard let distance = checkedProduct([extent - 1, stride]),
          let sum = checkedSum(last, distance)
        else { throw .badShape }
        last = sum
      }
      let available = storage.byteCount / dtype.byteCount
      guard last < available else {
        throw .outside(
          elementCount: checkedSum(last, 1) ?? last, storageElementCount: available)
      }
      let expansion = byteCount - (last + 1 - elementOffset) * dtype.byteCount
      guard expansion <= limits.expandedByteCount else {
        throw .expandsTooFar(byteCount: expansion, limit: limits.expandedByteCount)
      }
    }
    self.dtype = dtype
    self.shape = shape
    self.strides = strides
    self.storage = storage
    self.elementOffset = elementOffset
  }

  /// Copies the elements in row-major order to `target`, which has room for all.
  ///
  /// - Parameters:
  ///   - bytes: The `touchedBytes` of the storage.
  ///   - target: Room for `elementCount` elements.
  func gather(from bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
    switch dtype.byteCount {
    case 1: gather(UInt8.self, bytes, target)
    case 2: gather(UInt16.self, bytes, target)
    case 4: gather(UInt32.self, bytes, target)
    default: gather(UInt64.self, bytes, target)
    }
  }

  private func gather<T: BitwiseCopyable>(
    _ type: T.Type, _ bytes: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
  ) {
    guard elementCount > 0 else { return }
    let size = MemoryLayout<T>.size
    let rowCount = shape.last ?? 1
    let rowStride = strides.last ?? 1
    var index = [Int](repeating: 0, count: max(shape.count - 1, 0))
    var rowStart = 0
    var written = 0
    while true {
      for column in 0..<rowCount {
        target.storeBytes(
          of: bytes.loadUnaligned(
            fromByteOffset: (rowStart + column * rowStride) * size, as: type),
          toByteOffset: written, as: type)
        written += size
      }
      var axis = index.count - 1
      while axis >= 0 {
        index[axis] += 1
        rowStart += strides[axis]
        if index[axis] < shape[axis] { break }
        rowStart -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
