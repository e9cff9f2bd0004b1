/// A value of JSON.
indirect enum JSONValue: Equatable, Sendable {
  /// Members in the order of the text, each name once.
  case object([JSONMember])
  case array([JSONValue])
  case string(String)
  /// A number without fraction and exponent that fits.
  case integer(Int)
  /// Any other number.
  case number
  case bool(Bool)
  case null
}

/// A member of an object.
struct JSONMember: Equatable, Sendable {
  let name: String
  let value: JSONValue
}

/// Reads JSON as RFC 8259 has it and nothing else: no comments, no trailing commas, no name twice
/// in an object, strings of valid UTF-8, at most one value.
struct JSONReader {
  private let bytes: [UInt8]
  private var position = 0
  private var valueCount = 0
  private let limits: JSONLimits

  /// Reads the one value that `bytes` hold, white space around it.
  ///
  /// - Throws: `json` with the offset of what is wrong.
  static func read(
    _ bytes: [UInt8], limits: JSONLimits = JSONLimits()
  ) throws(SafetensorsError) -> JSONValue {
    var reader = JSONReader(bytes: bytes, limits: limits)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.wrong("text after its end") }
    return value
  }

  private init(bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  private func wrong(_ reason: String) -> SafetensorsError {
    .json(offset: position, reason: reason)
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(SafetensorsError) -> JSONValue {
    skipSpace()
    valueCount += 1
    guard valueCount <= limits.valueCount else {
      throw wrong("more than \(limits.valueCount) values")
    }
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return try number()
    case nil: throw wrong("cut off")
    default: throw wrong("no value")
    }
  }

  private mutating func word(
    _ text: String, _ value: JSONValue
  ) throws(SafetensorsError) -> JSONValue {
    guard bytes[position...].starts(with: text.utf8) else { throw wrong("no value") }
    position += text.utf8.count
    return value
  }

  private mutating func enter(_ depth: Int) throws(SafetensorsError) {
    guard depth < limits.depth else { throw wrong("values nested deeper than \(limits.depth)") }
    position += 1
    skipSpace()
  }

  private mutating func array(depth: Int) throws(SafetensorsError) -> JSONValue {
    try enter(depth)
    var values: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return .array(values) }
    while true {
      values.append(try value(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(values) }
      guard take(UInt8(ascii: ",")) else { throw wrong("no comma") }
    }
  }

  private mutating func object(depth: Int) throws(SafetensorsError) -> JSONValue {
    try enter(depth)
    var members: [JSONMember] = []
    var names: Set<String> = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw wrong("no name") }
      let name = try string()
      guard names.insert(name).inserted else { throw .duplicateName(name: name) }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw wrong("no colon") }
      members.append(JSONMember(name: name, value: try value(depth: depth + 1)))
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw wrong("no comma") }
    }
  }

  private mutating func number() throws(SafetensorsError) -> JSONValue {
    let start = position
    let digits: ClosedRange<UInt8> = UInt8(ascii: "0")...UInt8(ascii: "9")
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { digits.contains($0) } ?? false }
    _ = take(UInt8(ascii: "-"))
    let leadsWithZero = next == UInt8(ascii: "0")
    let first = position
    while isDigit(next) { position += 1 }
    guard position > first, !leadsWithZero || position == first + 1 else {
      throw wrong("no number")
    }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      guard isDigit(next) else { throw wrong("no number") }
      while isDigit(next) { position += 1 }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      guard isDigit(next) else { throw wrong("no number") }
      while isDigit(next) { position += 1 }
    }
    guard isInteger else { return .number }
    return Int(String(decoding: bytes[start..<position], as: UTF8.self)).map { .integer($0) }
      ?? .number
  }

  private mutating func string() throws(SafetensorsError) -> String {
    position += 1
    var text: [UInt8] = []
    let start = position
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw .json(offset: start, reason: "a string that is not UTF-8")
        }
        position += 1
        return string
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &text)
      case 0..<0x20: throw wrong("a control character in a string")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw wrong("cut off")
  }

  private mutating func escape(into text: inout [UInt8]) throws(SafetensorsError) {
    let plain: [UInt8: UInt8] = [
      0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D,
      0x74: 0x09,
    ]
    guard let kind = next else { throw wrong("cut off") }
    if let byte = plain[kind] {
      text.append(byte)
      position += 1
      return
    }
    guard kind == UInt8(ascii: "u") else { throw wrong("an unknown escape") }
    position += 1
    var scalar = UInt32(try hexadecimal())
    if (0xD800..<0xDC00).contains(scalar) {
      guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
        throw wrong("half of a surrogate pair")
      }
      let low = UInt32(try hexadecimal())
      guard (0xDC00..<0xE000).contains(low) else { throw wrong("half of a surrogate pair") }
      scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let character = Unicode.Scalar(scalar) else { throw wrong("half of a surrogate pair") }
    text += Array(String(character).utf8)
  }

  private mutating func hexadecimal() throws(SafetensorsError) -> UInt16 {
    let digits = bytes[position...].prefix(4)
    let isHexadecimal = digits.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"):
        true
      default: false
      }
    }
    guard digits.count == 4, isHexadecimal,
      let value = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw wrong("no escape of four digits") }
    position += 4
    return value
  }
}

/// What a JSON text may ask for.
struct JSONLimits: Equatable, Sendable {
  /// Most values, those inside others included.
  var valueCount = 8_000_000
  /// Most values inside each other.
  var depth = 16
}
