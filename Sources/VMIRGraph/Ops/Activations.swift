import VMIRCore

/// `x * sigmoid(x)`, element by element.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | result  | `[N, C, H, W]` |
///
/// Source: `torch.nn.SiLU`.
public struct SiLU: Operator {
  static let mnemonic = "silu"

  /// The operator; it has no attributes.
  public init() {}

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try elementwiseType(operands)
  }
}

/// `x * (1 + erf(x / sqrt(2))) / 2`, element by element: the exact GELU.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | result  | `[N, C, H, W]` |
///
/// Source: `torch.nn.functional.gelu` with `approximate="none"`.
public struct GELU: Operator {
  static let mnemonic = "gelu"

  /// The operator; it has no attributes.
  public init() {}

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try elementwiseType(operands)
  }
}

/// `1 / (1 + exp(-x))`, element by element.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | result  | `[N, C, H, W]` |
///
/// Source: `torch.sigmoid`.
public struct Sigmoid: Operator {
  static let mnemonic = "sigmoid"

  /// The operator; it has no attributes.
  public init() {}

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try elementwiseType(operands)
  }
}

private func elementwiseType(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
  let operands = try OperandTypes(operands, ["input"])
  return [TensorType(.float32, try operands.image(0).shape)]
}
