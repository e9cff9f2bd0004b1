package import VMIRCore

/// `x` where `x > 0`, else `slope * x`, with a slope for each channel.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | slope   | `[C]`          |
/// | result  | `[N, C, H, W]` |
///
/// Source: `torch.nn.PReLU`; ONNX `PRelu`, `LeakyRelu` (equal slopes) and `Relu` (slopes 0).
package struct PReLU: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "prelu", field: 25, message: "PReLU",
    operands: [Operand("input"), Operand("slope")])

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    _ = try operands.weight(1, [channels])
    return [TensorType(.float32, shape)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .prelu(let payload) = op { payload } else { nil }
  }

  package var op: Op { .prelu(self) }
}
