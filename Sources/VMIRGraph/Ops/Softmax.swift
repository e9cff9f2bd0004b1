package import VMIRCore

/// `exp(x) / sum of exp(x)` over the channels of each pixel.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | result  | `[N, C, H, W]` |
///
/// Source: ONNX `Softmax` with `axis = 1`.
package struct Softmax: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "softmax", field: 39, message: "Softmax", operands: [Operand("input")])

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try elementwiseType(operands, Self.descriptor)
  }

  package static func payload(of op: Op) -> Self? {
    if case .softmax(let payload) = op { payload } else { nil }
  }

  package var op: Op { .softmax(self) }
}
