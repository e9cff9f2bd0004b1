extension PickleMachine {
  // MARK: Text

  /// Text of `byteCount` bytes.
  mutating func text(_ byteCount: UInt64) throws(PickleError) -> String {
    guard let text = String(validating: try input.bytes(byteCount), as: UTF8.self) else {
      throw .badText(offset: start)
    }
    return text
  }

  /// A line of text, without its end.
  mutating func textLine() throws(PickleError) -> String {
    guard let text = String(validating: try input.line(), as: UTF8.self) else {
      throw .badText(offset: start)
    }
    return text
  }

  /// A string of Python 2, which is text where it can be.
  func textOrBytes(_ bytes: [UInt8]) -> PickleValue {
    String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(bytes)
  }

  /// STRING: a Python literal in quotes.
  mutating func quotedString() throws(PickleError) -> PickleValue {
    let line = try input.line()
    guard line.count >= 2, let quote = line.first, quote == line.last,
      quote == 0x27 || quote == 0x22
    else { throw .badText(offset: start) }
    var bytes: [UInt8] = []
    var rest = line[1..<line.count - 1]
    while let next = rest.popFirst() {
      guard next == 0x5C else {
        bytes.append(next)
        continue
      }
      switch rest.popFirst() {
      case 0x6E: bytes.append(0x0A)
      case 0x72: bytes.append(0x0D)
      case 0x74: bytes.append(0x09)
      case 0x78: bytes.append(UInt8(truncatingIfNeeded: try hexadecimal(&rest, digits: 2)))
      case let other? where [0x5C, 0x27, 0x22].contains(other): bytes.append(other)
      default: throw .badText(offset: start)
      }
    }
    return textOrBytes(bytes)
  }

  /// UNICODE: a line of Latin-1 with `\u` and `\U` escapes.
  mutating func escapedText() throws(PickleError) -> String {
    var rest = try input.line()[...]
    var text = ""
    while let next = rest.popFirst() {
      var scalar = UInt32(next)
      if next == 0x5C, let kind = rest.first, kind == 0x75 || kind == 0x55 {
        rest.removeFirst()
        scalar = try hexadecimal(&rest, digits: kind == 0x75 ? 4 : 8)
      }
      guard let scalar = Unicode.Scalar(scalar) else { throw .badText(offset: start) }
      text.unicodeScalars.append(scalar)
    }
    return text
  }

  private func hexadecimal(
    _ rest: inout ArraySlice<UInt8>, digits: Int
  ) throws(PickleError) -> UInt32 {
    let text = String(decoding: rest.prefix(digits), as: UTF8.self)
    guard text.utf8.count == digits, let value = UInt32(text, radix: 16) else {
      throw .badText(offset: start)
    }
    rest = rest.dropFirst(digits)
    return value
  }

  // MARK: Numbers

  /// A little-endian two's complement integer of any length.
  mutating func longInteger(byteCount: UInt64) throws(PickleError) -> PickleValue {
    let bytes = try input.bytes(byteCount)
    let isNegative = (bytes.last ?? 0) & 0x80 != 0
    let padding: UInt8 = isNegative ? 0xFF : 0
    var value: UInt64 = isNegative ? .max : 0
    for (index, byte) in bytes.prefix(8).enumerated() {
      value &= ~(0xFF << UInt64(8 * index))
      value |= UInt64(byte) << UInt64(8 * index)
    }
    let isNarrow = bytes.dropFirst(8).allSatisfy { $0 == padding }
    let number = Int(truncatingIfNeeded: value)
    guard isNarrow, (number < 0) == isNegative else { return .bigInteger(bytes) }
    return .int(number)
  }

  /// INT, LONG and FLOAT: a number as text; INT also writes bools, as `00` and `01`.
  mutating func textNumber(_ opcode: PickleOpcode) throws(PickleError) -> PickleValue {
    let line = try textLine()
    if opcode == .float {
      guard let number = Double(line) else { throw .badNumber(offset: start) }
      return .float(number)
    }
    if opcode == .int, line == "00" || line == "01" { return .bool(line == "01") }
    let digits = opcode == .long && line.hasSuffix("L") ? line.dropLast() : line[...]
    if let number = Int(digits) { return .int(number) }
    let magnitude = digits.utf8.first == 0x2D ? digits.utf8.dropFirst() : digits.utf8
    guard !magnitude.isEmpty, magnitude.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw .badNumber(offset: start)
    }
    return .bigInteger(Array(digits.utf8))
  }

  /// The number of a PUT or GET.
  mutating func textIndex() throws(PickleError) -> Int {
    guard let index = Int(try textLine()), index >= 0 else { throw .badNumber(offset: start) }
    return index
  }
}
