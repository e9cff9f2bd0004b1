package import VMIRCore

/// Product of two images; the second may be one pixel that every pixel of the first is scaled by.
///
/// | operand | type                             |
/// |---------|----------------------------------|
/// | a       | `[N, C, H, W]`                   |
/// | b       | `[N, C, H, W]` or `[N, C, 1, 1]` |
/// | result  | `[N, C, H, W]`                   |
package struct Multiply: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "multiply", field: 16, message: "Multiply",
    operands: [Operand("a"), Operand("b")], isCommutative: true)

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try broadcastType(operands, Self.descriptor)
  }

  package static func payload(of op: Op) -> Self? {
    if case .multiply(let payload) = op { payload } else { nil }
  }

  package var op: Op { .multiply(self) }
}
