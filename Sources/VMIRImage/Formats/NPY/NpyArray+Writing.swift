extension NpyArray {
  /// The array as a `.npy` file: version 1.0, little-endian `float32`, C order; without a record
  /// the same bytes as `numpy.save` of NumPy 1.24 and later.
  ///
  /// - Parameter record: Stands in the blanks at the end of the header.
  /// - Returns: The file.
  package func encode(record: ResultRecord? = nil) -> [UInt8] {
    var bytes = header(record)
    bytes.reserveCapacity(bytes.count + values.count * 4)
    #if _endian(little)
      values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    #else
      for value in values {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
      }
    #endif
    return bytes
  }

  /// Magic, version, length and dictionary, up to the first element.
  private func header(_ record: ResultRecord?) -> [UInt8] {
    var tuple = "("
    for (axis, extent) in shape.enumerated() { tuple += (axis == 0 ? "" : ", ") + "\(extent)" }
    tuple += shape.count == 1 ? ",)" : ")"
    var text = Array("{'descr': '<f4', 'fortran_order': False, 'shape': \(tuple), }".utf8)
    // NumPy leaves room for the first extent to grow to 21 digits, then aligns to 64 bytes; where
    // the end is aligned already it adds 64 more.
    if let first = shape.first { text += blanks(21 - "\(first)".utf8.count) }
    let prefixCount = 10
    let end = (record.map { NpyArray.blanks(for: $0) } ?? []) + [0x0A]
    let usedCount = prefixCount + text.count + end.count
    text += blanks(64 - usedCount % 64) + end
    let length = UInt16(truncatingIfNeeded: text.count)
    return NpyHeader.magic + [1, 0] + [UInt8(length & 0xFF), UInt8(length >> 8)] + text
  }

  private func blanks(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x20, count: max(0, count)) }
}
