package import VMIRCore

/// Sum of two images; the second may be one pixel that every pixel of the first is added to.
///
/// | operand | type                             |
/// |---------|----------------------------------|
/// | a       | `[N, C, H, W]`                   |
/// | b       | `[N, C, H, W]` or `[N, C, 1, 1]` |
/// | result  | `[N, C, H, W]`                   |
package struct Add: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "add", field: 15, message: "Add",
    operands: [Operand("a"), Operand("b")], isCommutative: true)

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try broadcastType(operands, Self.descriptor)
  }

  package static func payload(of op: Op) -> Self? {
    if case .add(let payload) = op { payload } else { nil }
  }

  package var op: Op { .add(self) }
}
