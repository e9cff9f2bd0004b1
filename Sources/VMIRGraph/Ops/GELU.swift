package import VMIRCore

/// `x * (1 + erf(x / sqrt(2))) / 2`, element by element: the exact GELU.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | result  | `[N, C, H, W]` |
///
/// Source: `torch.nn.functional.gelu` with `approximate="none"`.
package struct GELU: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "gelu", field: 13, message: "GELU",
    operands: [Operand("input")])

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try elementwiseType(operands, Self.descriptor)
  }

  package static func payload(of op: Op) -> Self? {
    if case .gelu(let payload) = op { payload } else { nil }
  }

  package var op: Op { .gelu(self) }
}
