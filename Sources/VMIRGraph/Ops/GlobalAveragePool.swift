package import VMIRCore

/// Mean of each channel over all pixels.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | result  | `[N, C, 1, 1]` |
///
/// Source: `torch.nn.AdaptiveAvgPool2d(1)`.
package struct GlobalAveragePool: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "global_average_pool", field: 21, message: "GlobalAveragePool",
    operands: [Operand("input")])

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    return [image(shape[0], channels, .fixed(1), .fixed(1))]
  }

  package static func payload(of op: Op) -> Self? {
    if case .globalAveragePool(let payload) = op { payload } else { nil }
  }

  package var op: Op { .globalAveragePool(self) }
}
