import VMIRCore

/// The type of an attribute's value.
package enum AttributeValue: Equatable, Sendable {
  case integer(Int)
  case integers([Int])
  case flag(Bool)
  /// A `float32`, printed with as many digits as it takes to read it back exactly.
  case float(Float)
  /// One of the names that the operator knows: `tanh`.
  case word(String)
}

/// One attribute in an operator's descriptor.
package struct AttributeField: Equatable, Sendable {
  /// What its value is.
  package enum Kind: Equatable, Sendable {
    case integer
    case integers
    case flag
    case float
    case word
  }

  /// Name in the text form.
  package let name: String
  /// What its value is.
  package let kind: Kind
  /// Number of its field in the operator's message.
  package let fieldNumber: Int
  /// Whether it may be absent.
  package let isOptional: Bool

  init(_ name: String, _ kind: Kind, _ fieldNumber: Int, isOptional: Bool = false) {
    self.name = name
    self.kind = kind
    self.fieldNumber = fieldNumber
    self.isOptional = isOptional
  }
}

/// One attribute of an operator in the text form, `kernel = 3`.
package struct Attribute: Equatable, Sendable {
  /// Name in the text form.
  package let name: String
  /// Value.
  package let value: AttributeValue

  package init(_ name: String, _ value: AttributeValue) {
    self.name = name
    self.value = value
  }

  /// `kernel = 3`, `counts = [48, 48]`, `centred = true`, `epsilon = 1e-05`.
  var text: String {
    switch value {
    case .integer(let integer): "\(name) = \(integer)"
    case .flag(let flag): "\(name) = \(flag ? "true" : "false")"
    case .float(let float): "\(name) = \(float)"
    case .word(let word): "\(name) = \(word)"
    case .integers(let integers):
      "\(name) = [" + joined(integers.map { "\($0)" }) + "]"
    }
  }
}

/// Why attributes can't be read.
package enum AttributeError: Error, Equatable {
  case missing(String)
  case wrongKind(String)

  /// Name of the attribute.
  package var name: String {
    switch self {
    case .missing(let name), .wrongKind(let name): name
    }
  }
}

/// Gives an operator its attributes by name and kind.
package struct AttributeReader {
  private var rest: [Attribute]

  package init(_ attributes: [Attribute]) { rest = attributes }

  /// Names of attributes that were not read.
  var unread: [String] { rest.map { $0.name } }

  mutating func integer(_ name: String) throws(AttributeError) -> Int {
    guard case .integer(let value) = try take(name) else { throw .wrongKind(name) }
    return value
  }

  mutating func integers(_ name: String) throws(AttributeError) -> [Int] {
    guard case .integers(let value) = try take(name) else { throw .wrongKind(name) }
    return value
  }

  mutating func flag(_ name: String) throws(AttributeError) -> Bool {
    guard case .flag(let value) = try take(name) else { throw .wrongKind(name) }
    return value
  }

  mutating func float(_ name: String) throws(AttributeError) -> Float {
    guard case .float(let value) = try take(name) else { throw .wrongKind(name) }
    return value
  }

  mutating func word(_ name: String) throws(AttributeError) -> String {
    guard case .word(let value) = try take(name) else { throw .wrongKind(name) }
    return value
  }

  /// One of an enumeration's raw values.
  mutating func choice<T: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ type: T.Type
  ) throws(AttributeError) -> T {
    let word = try word(name)
    // `init(rawValue:)` compares as Unicode does, with its tables.
    guard let value = T.allCases.first(where: { same($0.rawValue, word) }) else {
      throw .wrongKind(name)
    }
    return value
  }

  mutating func integerIfPresent(_ name: String) throws(AttributeError) -> Int? {
    has(name) ? try integer(name) : nil
  }

  mutating func flagIfPresent(_ name: String) throws(AttributeError) -> Bool? {
    has(name) ? try flag(name) : nil
  }

  mutating func floatIfPresent(_ name: String) throws(AttributeError) -> Float? {
    has(name) ? try float(name) : nil
  }

  private func has(_ name: String) -> Bool { rest.contains { same($0.name, name) } }

  private mutating func take(_ name: String) throws(AttributeError) -> AttributeValue {
    guard let index = rest.firstIndex(where: { same($0.name, name) }) else { throw .missing(name) }
    return rest.remove(at: index).value
  }
}

/// The parts with a comma and a space between them.
func joined(_ parts: [String]) -> String {
  var text = ""
  for (index, part) in parts.enumerated() { text += index == 0 ? part : ", " + part }
  return text
}
