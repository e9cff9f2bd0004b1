package import VMIRCore

/// `1 / (1 + exp(-x))`, element by element.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | result  | `[N, C, H, W]` |
///
/// Source: `torch.sigmoid`.
package struct Sigmoid: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "sigmoid", field: 14, message: "Sigmoid",
    operands: [Operand("input")])

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try elementwiseType(operands, Self.descriptor)
  }

  package static func payload(of op: Op) -> Self? {
    if case .sigmoid(let payload) = op { payload } else { nil }
  }

  package var op: Op { .sigmoid(self) }
}
