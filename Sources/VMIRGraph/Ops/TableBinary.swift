package import VMIRCore

/// An image plus, or times, a table of constants that stands at its pixels.
///
/// `y[c, h, w] = x[c, h, w] + t` or `* t`, `t = table[c, (h / divisor) mod T, w]`; an axis of the table
/// with the extent 1 is repeated.
///
/// | operand | type                                    |
/// |---------|-----------------------------------------|
/// | input   | `[N, C, H, W]`                          |
/// | table   | `[C or 1, T, W or 1]`; a W that is fixed |
/// | result  | `[N, C, H, W]`                          |
///
/// Source: ONNX `Add` and `Mul` with a constant of the picture's size: embeddings of positions, biases
/// and masks of attention.
package struct TableBinary: Operator {
  /// What is computed of an element and the table's.
  package enum Function: String, CaseIterable, Sendable {
    case add, multiply
  }

  package static let descriptor = OperatorDescriptor(
    "table_binary", field: 50, message: "TableBinary",
    operands: [Operand("input"), Operand("table")],
    attributes: [AttributeField("function", .word, 1), AttributeField("divisor", .integer, 2)])

  /// `add` or `multiply`.
  package let function: Function
  /// Rows of the image that a row of the table stands for before the next does, 1 or more.
  package let divisor: Int

  /// A sum or a product; the type rule checks it.
  package init(_ function: Function, divisor: Int = 1) {
    self.function = function
    self.divisor = divisor
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    function = try attributes.choice("function", Function.self)
    divisor = try attributes.integer("divisor")
  }

  package var attributeValues: [AttributeValue?] { [.word(function.rawValue), .integer(divisor)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    guard divisor >= 1 else {
      throw .attribute(name: "divisor", reason: "must be 1 or more, is \(divisor)")
    }
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    let table = try operands.weight(1, [nil, nil, nil])
    guard table[0] == 1 || table[0] == channels else {
      throw .extent(
        operand: "table", axis: 0, expected: "1 or \(channels)", found: .fixed(table[0]))
    }
    guard table[2] == 1 || .fixed(table[2]) == shape[3] else {
      throw .extent(
        operand: "table", axis: 2, expected: "1 or \(shape[3])", found: .fixed(table[2]))
    }
    return [TensorType(.float32, shape)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .tableBinary(let payload) = op { payload } else { nil }
  }

  package var op: Op { .tableBinary(self) }
}
