import VMIRCore

/// One attribute of an operator in the text form, `kernel = 3`.
package struct Attribute: Equatable, Sendable {
  /// What an attribute can hold.
  package enum Value: Equatable, Sendable {
    case integer(Int)
    case integers([Int])
    case flag(Bool)
    /// A `float32`, printed with as many digits as it takes to read it back exactly.
    case float(Float)
  }

  /// Name in the text form.
  package let name: String
  /// Value.
  package let value: Value

  init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }

  /// `kernel = 3`, `counts = [48, 48]`, `centred = true`, `epsilon = 1e-05`.
  var text: String {
    switch value {
    case .integer(let integer): "\(name) = \(integer)"
    case .flag(let flag): "\(name) = \(flag ? "true" : "false")"
    case .float(let float): "\(name) = \(float)"
    case .integers(let integers):
      "\(name) = [" + joined(integers.map { "\($0)" }) + "]"
    }
  }
}

/// Why attributes in a text could not be read.
enum AttributeError: Error, Equatable {
  case missing(String)
  case wrongKind(String)

  /// Name of the attribute.
  var name: String {
    switch self {
    case .missing(let name), .wrongKind(let name): name
    }
  }
}

/// Gives an operator its attributes by name and kind.
struct AttributeReader {
  private var rest: [Attribute]

  init(_ attributes: [Attribute]) { rest = attributes }

  /// Names that nobody asked for.
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

  mutating func floatIfPresent(_ name: String) throws(AttributeError) -> Float? {
    guard rest.contains(where: { $0.name == name }) else { return nil }
    return try float(name)
  }

  private mutating func take(_ name: String) throws(AttributeError) -> Attribute.Value {
    guard let index = rest.firstIndex(where: { $0.name == name }) else { throw .missing(name) }
    return rest.remove(at: index).value
  }
}

/// The parts with a comma and a space between them.
func joined(_ parts: [String]) -> String {
  var text = ""
  for (index, part) in parts.enumerated() { text += index == 0 ? part : ", " + part }
  return text
}
