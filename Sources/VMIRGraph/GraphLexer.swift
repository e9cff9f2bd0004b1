import VMIRCore

/// Lexer of one line of a graph's text form.
struct GraphLexer {
  private let bytes: [UInt8]
  private var position = 0
  /// Number of the line, counted from 1.
  let line: Int

  init(_ bytes: some Sequence<UInt8>, line: Int) {
    self.bytes = Array(bytes)
    self.line = line
  }

  /// Whether the whole line was consumed.
  var isAtEnd: Bool { position == bytes.count }

  /// Skips spaces, then takes `text` if it comes next.
  mutating func take(_ text: StaticString) -> Bool {
    skipSpaces()
    let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  /// Skips spaces, then takes `text`.
  mutating func expect(_ text: StaticString) throws(GraphTextError) {
    guard take(text) else { throw .syntax(line: line, expected: "\(text)") }
  }

  /// Demands that nothing is left but spaces.
  mutating func expectEnd() throws(GraphTextError) {
    skipSpaces()
    guard isAtEnd else { throw .syntax(line: line, expected: "end of line") }
  }

  /// Takes a run of letters, digits and `_ . - + /`.
  mutating func word() throws(GraphTextError) -> String {
    skipSpaces()
    let start = position
    while position < bytes.count, isPlainSymbolByte(bytes[position]) { position += 1 }
    guard position > start else { throw .syntax(line: line, expected: "a word") }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// Takes a word or a text in double quotes.
  mutating func symbol() throws(GraphTextError) -> String {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
      return try word()
    }
    return try string()
  }

  /// Takes a text in double quotes, as `quoted` prints it.
  mutating func string() throws(GraphTextError) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      let isEscape = bytes[position] == UInt8(ascii: "\\")
      if isEscape { position += 1 }
      guard position < bytes.count else { break }
      if isEscape, bytes[position] == UInt8(ascii: "x") {
        text.append(try controlByte())
      } else {
        text.append(bytes[position])
        position += 1
      }
    }
    guard position < bytes.count else {
      throw .syntax(line: line, expected: "a closing quote")
    }
    position += 1
    return String(decoding: text, as: UTF8.self)
  }

  /// Takes an `x` and two hexadecimal digits.
  private mutating func controlByte() throws(GraphTextError) -> UInt8 {
    let digits = bytes[(position + 1)...].prefix(2)
    guard digits.count == 2, let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw .syntax(line: line, expected: "two hexadecimal digits") }
    position += 3
    return byte
  }

  /// Takes a whole number in decimal digits.
  mutating func integer() throws(GraphTextError) -> Int {
    guard let value = Int(try word()) else {
      throw .syntax(line: line, expected: "a whole number")
    }
    return value
  }

  /// Takes a decimal number.
  mutating func float() throws(GraphTextError) -> Float {
    guard let value = parseFloat(try word()), value.isFinite else {
      throw .syntax(line: line, expected: "a number")
    }
    return value
  }

  /// Takes `true` or `false`.
  mutating func flag() throws(GraphTextError) -> Bool {
    if take("true") { return true }
    guard take("false") else { throw .syntax(line: line, expected: "true or false") }
    return false
  }

  /// Takes one of an enumeration's raw values.
  mutating func choice<T: RawRepresentable<String>>(
    _ type: T.Type
  ) throws(GraphTextError) -> T {
    let word = try word()
    guard let value = T(rawValue: word) else { throw .unknownWord(line: line, word: word) }
    return value
  }

  /// Takes a type, `f32[1, 48, H/2, W/2]`.
  mutating func type() throws(GraphTextError) -> TensorType {
    let name = try word()
    guard let dtype = DType(name: name) else { throw .unknownWord(line: line, word: name) }
    try expect("[")
    var shape: [Dim] = []
    while !take("]") {
      if !shape.isEmpty { try expect(",") }
      shape.append(try dim())
    }
    return TensorType(dtype, shape)
  }

  private mutating func dim() throws(GraphTextError) -> Dim {
    skipSpaces()
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: ","),
      bytes[position] != UInt8(ascii: "]")
    { position += 1 }
    // Only the printed form is an extent: `H*H` or `2*H/2` are not.
    guard let dim = Dim(text: ArraySlice(bytes[start..<position])),
      dim.description.utf8.elementsEqual(bytes[start..<position])
    else {
      throw .syntax(line: line, expected: "an extent")
    }
    return dim
  }

  private mutating func skipSpaces() {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
  }
}

extension Dim {
  /// Reads what `description` prints.
  fileprivate init?(text: ArraySlice<UInt8>) {
    if text.first == UInt8(ascii: "(") {
      self.init(rounded: text.dropFirst())
    } else {
      self.init(monomial: text)
    }
  }

  /// `3*H-1)/4`.
  private init?(rounded text: ArraySlice<UInt8>) {
    guard let end = text.firstIndex(of: UInt8(ascii: ")")),
      let sign = text[..<end].lastIndex(where: {
        $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
      }),
      let side = Dim(monomial: text[..<sign]), side.denominator == 1,
      let count = Dim.number(text[(sign + 1)..<end])
    else { return nil }
    let rest = text[(end + 1)...]
    guard rest.isEmpty || rest.first == UInt8(ascii: "/"),
      let divisor = rest.isEmpty ? 1 : Dim.number(rest.dropFirst()),
      let dim = side.quotient(
        adding: text[sign] == UInt8(ascii: "-") ? -count : count, by: divisor)
    else { return nil }
    self = dim
  }

  private init?(monomial text: ArraySlice<UInt8>) {
    let parts = text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard let product = parts.first, parts.count <= 2 else { return nil }
    var (numerator, heightPower, widthPower) = (1, 0, 0)
    for factor in product.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false) {
      let base = factor.prefix { $0 != UInt8(ascii: "^") }
      let power = factor.count == base.count ? 1 : Dim.number(factor.dropFirst(base.count + 1))
      guard let power else { return nil }
      if base.elementsEqual("H".utf8) {
        heightPower = power
      } else if base.elementsEqual("W".utf8) {
        widthPower = power
      } else if let value = Dim.number(base), power == 1 {
        numerator = value
      } else {
        return nil
      }
    }
    let denominator = parts.count == 2 ? Dim.number(parts[1]) : 1
    guard let denominator else { return nil }
    self.init(
      numerator: numerator, denominator: denominator, heightPower: heightPower,
      widthPower: widthPower)
  }

  private static func number(_ digits: some Sequence<UInt8>) -> Int? {
    Int(String(decoding: Array(digits), as: UTF8.self))
  }
}
