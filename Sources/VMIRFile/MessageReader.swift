import VMIRCore

/// Reads the fields of one protobuf message, in the order in which they come.
///
/// Stricter than protobuf demands: a field that is not repeated may be there once only. Unknown
/// fields are skipped.
///
/// Source: Protocol Buffers, "Encoding".
package struct MessageReader {
  /// One field's tag.
  package struct Field: Equatable {
    /// Number in the schema.
    package let number: Int
    /// How its value is encoded.
    package let wireType: WireType
    /// Offset of the tag.
    package let offset: Int
  }

  /// Encodings of a value; groups are not among them.
  package enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case delimited = 2
    case fixed32 = 5
  }

  private var reader: ByteReader
  /// Name of the message in the schema, for errors.
  private let name: StaticString
  private var seen: UInt64 = 0

  /// Reads `bytes`, which must outlive the reader.
  package init(_ bytes: UnsafeRawBufferPointer, name: StaticString, base: Int = 0) {
    self.reader = ByteReader(bytes, base: base)
    self.name = name
  }

  /// Offset of the next byte.
  package var offset: Int { reader.offset }

  /// The next field, whose value must then be read or skipped; nil at the end.
  package mutating func next() throws(MessageError) -> Field? {
    guard reader.remaining > 0 else { return nil }
    let offset = reader.offset
    let tag = try varint()
    guard let wireType = WireType(rawValue: UInt8(tag & 7)), (8..<1 << 32).contains(tag) else {
      throw .tag(offset: offset)
    }
    return Field(number: Int(tag >> 3), wireType: wireType, offset: offset)
  }

  /// Skips the value of an unknown field.
  package mutating func skip(_ field: Field) throws(MessageError) {
    switch field.wireType {
    case .varint: _ = try varint()
    case .fixed64: _ = try bytes(8)
    case .fixed32: _ = try bytes(4)
    case .delimited: _ = try delimited()
    }
  }

  /// A `uint64` or `uint32` from 0 to `Int.max`.
  package mutating func integer(_ field: Field) throws(MessageError) -> Int {
    try expect(.varint, field)
    try expectOnce(field)
    return try integer(of: field)
  }

  /// A `bool`.
  package mutating func flag(_ field: Field) throws(MessageError) -> Bool {
    let value = try integer(field)
    guard value <= 1 else { throw .number(offset: field.offset, field: label(field)) }
    return value == 1
  }

  /// A `float`.
  package mutating func float(_ field: Field) throws(MessageError) -> Float {
    try expect(.fixed32, field)
    try expectOnce(field)
    let bits = try bytes(4).loadUnaligned(as: UInt32.self)
    return Float(bitPattern: UInt32(littleEndian: bits))
  }

  /// A `string` of at most `limit` bytes.
  package mutating func text(_ field: Field, limit: Int) throws(MessageError) -> String {
    try expect(.delimited, field)
    try expectOnce(field)
    let bytes = try delimited()
    guard bytes.count <= limit else {
      throw .overLimit(offset: field.offset, what: "bytes in \(label(field))", limit: limit)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .notUTF8(offset: reader.offset - bytes.count)
    }
    return text
  }

  /// A nested message that can be there once.
  package mutating func message(
    _ field: Field, name: StaticString
  ) throws(MessageError) -> MessageReader {
    try expectOnce(field)
    return try repeatedMessage(field, name: name)
  }

  /// One of several nested messages.
  package mutating func repeatedMessage(
    _ field: Field, name: StaticString
  ) throws(MessageError) -> MessageReader {
    try expect(.delimited, field)
    let bytes = try delimited()
    return MessageReader(bytes, name: name, base: reader.offset - bytes.count)
  }

  /// Appends to a repeated `uint64` or `uint32`, packed or not, of at most `limit` elements.
  package mutating func integers(
    _ field: Field, into elements: inout [Int], limit: Int
  ) throws(MessageError) {
    if field.wireType == .varint {
      elements.append(try integer(of: field))
    } else {
      var packed = try repeatedMessage(field, name: name)
      while packed.reader.remaining > 0, elements.count <= limit {
        elements.append(try packed.integer(of: field))
      }
    }
    guard elements.count <= limit else {
      throw .overLimit(offset: field.offset, what: "elements in \(label(field))", limit: limit)
    }
  }

  /// Name of a field for errors: `Conv2D field 2`.
  package func label(_ field: Field) -> String { "\(name) field \(field.number)" }

  private func expect(_ wireType: WireType, _ field: Field) throws(MessageError) {
    guard field.wireType == wireType else {
      throw .wireType(offset: field.offset, field: label(field))
    }
  }

  private mutating func expectOnce(_ field: Field) throws(MessageError) {
    let bit = UInt64(1) << UInt64(field.number & 63)
    guard seen & bit == 0 else {
      throw .repeatedField(offset: field.offset, field: label(field))
    }
    seen |= bit
  }

  private mutating func integer(of field: Field) throws(MessageError) -> Int {
    guard let value = Int(exactly: try varint()) else {
      throw .number(offset: field.offset, field: label(field))
    }
    return value
  }

  private mutating func delimited() throws(MessageError) -> UnsafeRawBufferPointer {
    let start = reader.offset
    let count = try varint()
    guard count <= UInt64(reader.remaining) else {
      throw .bytes(.countTooLarge(offset: start, count: count, remaining: reader.remaining))
    }
    return try bytes(Int(count))
  }

  private mutating func varint() throws(MessageError) -> UInt64 {
    let start = reader.offset
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      let byte = try bytes(1)[0]
      guard shift < 63 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw .varint(offset: start)
  }

  private mutating func bytes(_ count: Int) throws(MessageError) -> UnsafeRawBufferPointer {
    do throws(ByteReaderError) {
      return try reader.read(byteCount: count)
    } catch {
      throw .bytes(error)
    }
  }
}
