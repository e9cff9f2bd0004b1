/// Writes one protobuf message; values that are a field's default are left out.
///
/// Source: Protocol Buffers, "Encoding".
package struct MessageWriter {
  /// What was written so far.
  package private(set) var bytes: [UInt8] = []

  /// An empty message.
  package init() {}

  /// A `uint64`, `uint32` or enumeration, not negative.
  package mutating func write(_ field: Int, _ value: Int) {
    guard value != 0 else { return }
    tag(field, .varint)
    varint(value)
  }

  /// A `bool`.
  package mutating func write(_ field: Int, _ value: Bool) { write(field, value ? 1 : 0) }

  /// A `float`.
  package mutating func write(_ field: Int, _ value: Float) {
    guard value.bitPattern != 0 else { return }
    tag(field, .fixed32)
    for shift in [0, 8, 16, 24] {
      bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(shift)))
    }
  }

  /// A `string`.
  package mutating func write(_ field: Int, _ value: String) {
    guard !value.isEmpty else { return }
    delimited(field, Array(value.utf8))
  }

  /// A packed repeated `uint64` or `uint32`, none negative.
  package mutating func write(_ field: Int, _ values: [Int]) {
    guard !values.isEmpty else { return }
    var packed = MessageWriter()
    for value in values { packed.varint(value) }
    delimited(field, packed.bytes)
  }

  /// A nested message, also an empty one.
  package mutating func write(_ field: Int, _ message: MessageWriter) {
    delimited(field, message.bytes)
  }

  private mutating func delimited(_ field: Int, _ content: [UInt8]) {
    tag(field, .delimited)
    varint(content.count)
    bytes += content
  }

  private mutating func tag(_ field: Int, _ wireType: MessageReader.WireType) {
    varint(field << 3 | Int(wireType.rawValue))
  }

  private mutating func varint(_ value: Int) {
    var rest = UInt64(bitPattern: Int64(value))
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
