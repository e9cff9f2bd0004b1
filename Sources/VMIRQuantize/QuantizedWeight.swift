import VMIRCore

/// An int8 weight matrix with a scale for each row.
struct QuantizedWeight {
  /// `[row][element]`, -127 to 127.
  let int8Values: [Int8]
  /// Per-row scale; exact in `bf16`.
  let scales: [Float]

  /// Rounds rows so that the largest element of each becomes 127 or close to it.
  ///
  /// Looking for a scale that clips the largest elements was tried: it gains 0.03 dB at most.
  init(_ weight: [Float], rowCount: Int) {
    let rowLength = weight.count / max(rowCount, 1)
    var int8Values = [Int8](repeating: 0, count: weight.count)
    var scales = [Float](repeating: 0, count: rowCount)
    for row in 0..<rowCount {
      var largest: Float = 0
      for index in row * rowLength..<(row + 1) * rowLength {
        largest = max(largest, abs(weight[index]))
      }
      // Rows that are next to nothing are nothing: their inverse must be finite.
      let scale = roundedToBFloat(largest / 127)
      guard scale > 0x1p-120 else { continue }
      scales[row] = scale
      for index in row * rowLength..<(row + 1) * rowLength {
        let level = (weight[index] / scale).rounded(.toNearestOrEven)
        // What is not finite would make the output so, and that is refused before.
        if level.isFinite { int8Values[index] = Int8(min(max(level, -127), 127)) }
      }
    }
    self.int8Values = int8Values
    self.scales = scales
  }
}

/// The bfloat16 number nearest to a finite one, ties to even.
func roundedToBFloat(_ value: Float) -> Float {
  let bits = value.bitPattern
  return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
}

extension Tensor {
  /// An `i8` tensor.
  init?(_ shape: [Int], int8Values: [Int8]) {
    guard int8Values.count == checkedProduct(shape) else { return nil }
    self.init(.int8, shape) { (target: UnsafeMutableRawBufferPointer) in
      int8Values.withUnsafeBytes { target.copyMemory(from: $0) }
    }
  }

  /// A `bf16` tensor of numbers that are exact in it.
  init?(_ shape: [Int], bfloats: [Float]) {
    guard bfloats.count == checkedProduct(shape) else { return nil }
    self.init(.bfloat16, shape) { (target: UnsafeMutableRawBufferPointer) in
      for (index, value) in bfloats.enumerated() {
        let bits = UInt16(truncatingIfNeeded: value.bitPattern >> 16)
        target.storeBytes(of: bits.littleEndian, toByteOffset: index * 2, as: UInt16.self)
      }
    }
  }
}
