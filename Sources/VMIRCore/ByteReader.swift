/// Why bytes can't be read.
package enum ByteReaderError: Diagnosed {
  /// `count` bytes were wanted at `offset`, where `remaining` are left.
  case truncated(offset: Int, count: Int, remaining: Int)
  /// A declared element count exceeds the bytes left.
  case countTooLarge(offset: Int, count: UInt64, remaining: Int)

  package var diagnostic: Diagnostic {
    switch self {
    case .truncated(let offset, let count, let remaining):
      Diagnostic(
        "ends too early: \(count) bytes wanted, \(remaining) left", at: "offset \(offset)",
        .invalidInput)
    case .countTooLarge(let offset, let count, let remaining):
      Diagnostic(
        "claims \(count) elements where \(remaining) bytes are left", at: "offset \(offset)",
        .invalidInput)
    }
  }
}

/// Reads little-endian values from bytes; every read is checked against what is left.
package struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  private let base: Int
  /// Offset of the next byte from the start of `bytes`.
  package private(set) var position = 0

  /// Reads from `bytes`, which must outlive the reader.
  ///
  /// - Parameters:
  ///   - bytes: What is read.
  ///   - base: Offset of the first byte in its file; errors name offsets in the file.
  package init(_ bytes: UnsafeRawBufferPointer, base: Int = 0) {
    self.bytes = bytes
    self.base = base
  }

  /// Bytes not yet read.
  package var remaining: Int { bytes.count - position }

  /// Offset of the next byte in the file.
  package var offset: Int { base + position }

  /// Reads one integer, little-endian.
  ///
  /// - Throws: `truncated`.
  package mutating func read<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type
  ) throws(ByteReaderError) -> T {
    let slice = try read(byteCount: MemoryLayout<T>.size)
    return T(littleEndian: slice.loadUnaligned(as: T.self))
  }

  /// Reads `byteCount` bytes, without a copy.
  ///
  /// - Throws: `truncated`; the position then stays.
  package mutating func read(byteCount: Int) throws(ByteReaderError) -> UnsafeRawBufferPointer {
    guard byteCount >= 0, byteCount <= remaining else {
      throw .truncated(offset: offset, count: byteCount, remaining: remaining)
    }
    let slice = UnsafeRawBufferPointer(rebasing: bytes[position..<position + byteCount])
    position += byteCount
    return slice
  }

  /// Reads an element count and checks that such a sequence can still be present.
  ///
  /// - Parameter elementSize: Minimum bytes of one element in the file, at least 1.
  /// - Returns: The count.
  /// - Throws: `truncated`, or `countTooLarge` if `count * elementSize` exceeds the bytes left.
  package mutating func readCount(elementSize: Int) throws(ByteReaderError) -> Int {
    let start = position
    let count = try read(UInt32.self)
    guard Int(count) <= remaining / elementSize else {
      position = start
      throw .countTooLarge(offset: offset, count: UInt64(count), remaining: remaining - 4)
    }
    return Int(count)
  }

  /// Moves to a position in `0 ... count`.
  ///
  /// - Throws: `truncated` outside.
  package mutating func seek(to position: Int) throws(ByteReaderError) {
    guard position >= 0, position <= bytes.count else {
      throw .truncated(offset: base + position, count: 0, remaining: bytes.count)
    }
    self.position = position
  }
}
