import VMIRCore
import VMIRGraph

// Operators as fields of `oneof op` in `Node`, by their descriptors.
extension Op {
  /// The number of the operator's field and its payload.
  func encoded() -> (field: Int, message: MessageWriter) {
    var message = MessageWriter()
    for (attribute, value) in zip(descriptor.attributes, attributeValues) {
      switch value {
      case .integer(let integer): message.write(attribute.fieldNumber, integer)
      case .integers(let integers): message.write(attribute.fieldNumber, integers)
      case .flag(let flag): message.write(attribute.fieldNumber, flag)
      case .float(let float): message.write(attribute.fieldNumber, float)
      case .word(let word): message.write(attribute.fieldNumber, word)
      case nil: continue
      }
    }
    return (descriptor.fieldNumber, message)
  }

  /// Reads the operator of a node; nil, with the value still unread, for a field that is none.
  init?(
    decoding field: MessageReader.Field, in node: inout MessageReader, limits: VMIRLimits
  ) throws(MessageError) {
    guard let descriptor = operatorTable.descriptor(fieldNumber: field.number) else { return nil }
    var payload = try node.message(field, name: descriptor.messageName)
    var values = descriptor.attributes.map { $0.isOptional ? nil : $0.kind.zero }
    while let part = try payload.next() {
      guard
        let index = descriptor.attributes.firstIndex(where: { $0.fieldNumber == part.number })
      else {
        try payload.skip(part)
        continue
      }
      values[index] = try payload.value(part, values[index], descriptor.attributes[index], limits)
    }
    var attributes: [Attribute] = []
    for (attribute, value) in zip(descriptor.attributes, values) {
      if let value { attributes.append(Attribute(attribute.name, value)) }
    }
    var reader = AttributeReader(attributes)
    do throws(AttributeError) {
      guard let op = try operatorTable.make(descriptor.mnemonic, &reader) else { return nil }
      self = op
    } catch {
      throw .number(offset: field.offset, field: node.label(field))
    }
  }
}

extension AttributeField.Kind {
  /// The value of a field that is absent.
  fileprivate var zero: AttributeValue {
    switch self {
    case .integer: .integer(0)
    case .integers: .integers([])
    case .flag: .flag(false)
    case .float: .float(0)
    case .word: .word("")
    }
  }
}

extension MessageReader {
  /// The value of an attribute's field; elements of a list are added to those read before.
  fileprivate mutating func value(
    _ field: Field, _ before: AttributeValue?, _ attribute: AttributeField, _ limits: VMIRLimits
  ) throws(MessageError) -> AttributeValue {
    switch attribute.kind {
    case .integer: return .integer(try integer(field))
    case .flag: return .flag(try flag(field))
    case .float: return .float(try float(field))
    case .word: return .word(try text(field, limit: limits.textByteCount))
    case .integers:
      var elements: [Int] = []
      if case .integers(let earlier) = before { elements = earlier }
      try integers(field, into: &elements, limit: limits.valueCount)
      return .integers(elements)
    }
  }
}
