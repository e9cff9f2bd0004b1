package import VMIRCore

/// What the payload of an operator provides; a constraint, never an existential.
///
/// A new operator is a file in `Ops` with a type that conforms to this, a case of `Op`, its line in
/// `Op.visit`, and a row of `operatorTable`; `VMIRReference/Ops` and `VMIRRuntime/Ops` conform it to
/// their protocols in files of their own.
package protocol Operator: Equatable, Sendable {
  /// Names and numbers, from which the text form and the message are read and written.
  static var descriptor: OperatorDescriptor { get }
  /// The payload of an operator of this type; nil for another.
  static func payload(of op: Op) -> Self?
  /// The operator with this payload.
  var op: Op { get }
  /// Takes the attributes that the descriptor names.
  init(_ attributes: inout AttributeReader) throws(AttributeError)
  /// Values of the attributes, in the descriptor's order; nil for an optional one that is absent.
  var attributeValues: [AttributeValue?] { get }
  /// Height and width of the first operand are multiples of this many pixels.
  var sideMultiple: Int { get }
  /// Derives the types of the results.
  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType]
}

extension Operator {
  package var attributeValues: [AttributeValue?] { [] }

  package var sideMultiple: Int { 1 }
}

/// An operator without attributes.
package protocol AttributelessOperator: Operator {
  /// The only value.
  init()
}

extension AttributelessOperator {
  package init(_ attributes: inout AttributeReader) { self.init() }
}

/// Names and numbers of an operator.
package struct OperatorDescriptor: Equatable, Sendable {
  /// Name in the text form: `conv2d`.
  package let mnemonic: String
  /// Number of its field in `oneof op` of `Node`, in `Formats/vmir.proto`; never used twice.
  package let fieldNumber: Int
  /// Name of its message in `Formats/vmir.proto`.
  package let messageName: StaticString
  /// Operands in order.
  package let operands: [Operand]
  /// Attributes in the order of the text form and of the field numbers.
  package let attributes: [AttributeField]
  /// Whether the first two operands may change places.
  package let isCommutative: Bool

  init(
    _ mnemonic: String, field: Int, message: StaticString, operands: [Operand],
    attributes: [AttributeField] = [], isCommutative: Bool = false
  ) {
    self.mnemonic = mnemonic
    fieldNumber = field
    messageName = message
    self.operands = operands
    self.attributes = attributes
    self.isCommutative = isCommutative
  }

  package static func == (a: OperatorDescriptor, b: OperatorDescriptor) -> Bool {
    a.fieldNumber == b.fieldNumber
  }
}

/// One operand of an operator.
package struct Operand: Equatable, Sendable {
  /// Name in the operator's table.
  package let name: String
  /// Whether a node may lack it; optional operands follow the others.
  package let isOptional: Bool
  /// Whether it stands for one or more operands; only the last may.
  package let isVariadic: Bool
  /// Whether it is a large weight, which `f16` files store in half precision.
  package let mayBeHalf: Bool

  init(
    _ name: String, isOptional: Bool = false, isVariadic: Bool = false, mayBeHalf: Bool = false
  ) {
    self.name = name
    self.isOptional = isOptional
    self.isVariadic = isVariadic
    self.mayBeHalf = mayBeHalf
  }
}

/// Stands for a type of operator in the table: Embedded Swift has no metatype values.
package struct OperatorRow<Payload: Operator>: Sendable {
  package init() {}
}

/// All operators, one type each.
///
/// A layer above reaches its own protocol's members by conforming the two types below to a protocol
/// that refines this one: an operator without that layer's conformance is a compiler error.
package protocol OperatorList: Sendable {
  /// Descriptors in order.
  var descriptors: [OperatorDescriptor] { get }
  /// The descriptor with this field number; nil where there is none.
  func descriptor(fieldNumber: Int) -> OperatorDescriptor?
  /// Makes the operator with this mnemonic; nil where there is none.
  func make(_ mnemonic: String, _ attributes: inout AttributeReader) throws(AttributeError) -> Op?
}

/// No operators.
package struct EmptyOperatorList: OperatorList {
  package var descriptors: [OperatorDescriptor] { [] }

  package func descriptor(fieldNumber: Int) -> OperatorDescriptor? { nil }

  package func make(
    _ mnemonic: String, _ attributes: inout AttributeReader
  ) throws(AttributeError) -> Op? { nil }
}

/// The operators of `Rest` and one more.
package struct NonemptyOperatorList<Rest: OperatorList, Last: Operator>: OperatorList {
  package let rest: Rest

  package var descriptors: [OperatorDescriptor] { rest.descriptors + [Last.descriptor] }

  package func descriptor(fieldNumber: Int) -> OperatorDescriptor? {
    Last.descriptor.fieldNumber == fieldNumber
      ? Last.descriptor : rest.descriptor(fieldNumber: fieldNumber)
  }

  package func make(
    _ mnemonic: String, _ attributes: inout AttributeReader
  ) throws(AttributeError) -> Op? {
    if same(Last.descriptor.mnemonic, mnemonic) { return try Last(&attributes).op }
    return try rest.make(mnemonic, &attributes)
  }
}

extension OperatorList {
  /// These operators and one more.
  func adding<Payload: Operator>(
    _ row: OperatorRow<Payload>
  ) -> NonemptyOperatorList<Self, Payload> {
    NonemptyOperatorList(rest: self)
  }
}
