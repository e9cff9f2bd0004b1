package import VMIRCore

/// `x * scale[c] + shift[c]`, with a scale and a shift for each channel.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | scale   | `[C]`          |
/// | shift   | `[C]`          |
/// | result  | `[N, C, H, W]` |
///
/// Source: `MeanShift` of EDSR and RCAN, `(x - rgb_mean) * img_range`. A convolution with zero
/// padding after it can't take it in: at the edges the mean would be missing.
package struct ChannelAffine: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "channel_affine", field: 29, message: "ChannelAffine",
    operands: [Operand("input"), Operand("scale"), Operand("shift")])

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    _ = try operands.weight(1, [channels])
    _ = try operands.weight(2, [channels])
    return [TensorType(.float32, shape)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .channelAffine(let payload) = op { payload } else { nil }
  }

  package var op: Op { .channelAffine(self) }
}
