import VMIRCore

/// `x` where `x > 0`, else `slope * x`, with a slope for each channel.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | slope   | `[C]`          |
/// | result  | `[N, C, H, W]` |
///
/// Source: `torch.nn.PReLU`; ONNX `PRelu`, `LeakyRelu` (equal slopes) and `Relu` (slopes 0).
public struct PReLU: Operator {
  static let mnemonic = "prelu"

  /// The operator; it has no attributes.
  public init() {}

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, ["input", "slope"])
    let (shape, channels) = try operands.image(0)
    _ = try operands.weight(1, [channels])
    return [TensorType(.float32, shape)]
  }
}
