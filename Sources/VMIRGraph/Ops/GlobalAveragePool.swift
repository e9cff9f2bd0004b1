import VMIRCore

/// Mean of each channel over all pixels.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | result  | `[N, C, 1, 1]` |
///
/// Source: `torch.nn.AdaptiveAvgPool2d(1)`.
public struct GlobalAveragePool: Operator {
  static let mnemonic = "global_average_pool"

  /// The operator; it has no attributes.
  public init() {}

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, ["input"])
    let (shape, channels) = try operands.image(0)
    return [image(shape[0], channels, .fixed(1), .fixed(1))]
  }
}
