package import VMIRCore

/// `x * sigmoid(x)`, element by element.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | result  | `[N, C, H, W]` |
///
/// Source: `torch.nn.SiLU`.
package struct SiLU: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "silu", field: 12, message: "SiLU",
    operands: [Operand("input")])

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try elementwiseType(operands, Self.descriptor)
  }

  package static func payload(of op: Op) -> Self? {
    if case .silu(let payload) = op { payload } else { nil }
  }

  package var op: Op { .silu(self) }
}
