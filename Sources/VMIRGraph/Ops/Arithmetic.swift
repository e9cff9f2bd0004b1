import VMIRCore

/// Sum of two images; the second may be one pixel that every pixel of the first is added to.
///
/// | operand | type                             |
/// |---------|----------------------------------|
/// | a       | `[N, C, H, W]`                   |
/// | b       | `[N, C, H, W]` or `[N, C, 1, 1]` |
/// | result  | `[N, C, H, W]`                   |
public struct Add: Operator {
  static let mnemonic = "add"

  /// The operator; it has no attributes.
  public init() {}

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try broadcastType(operands)
  }
}

/// Product of two images; the second may be one pixel that every pixel of the first is scaled by.
///
/// | operand | type                             |
/// |---------|----------------------------------|
/// | a       | `[N, C, H, W]`                   |
/// | b       | `[N, C, H, W]` or `[N, C, 1, 1]` |
/// | result  | `[N, C, H, W]`                   |
public struct Multiply: Operator {
  static let mnemonic = "multiply"

  /// The operator; it has no attributes.
  public init() {}

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try broadcastType(operands)
  }
}

private func broadcastType(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
  let operands = try OperandTypes(operands, ["a", "b"])
  let a = try operands.image(0).shape
  let b = try operands.image(1).shape
  try operands.same(1, axis: 0, as: a[0])
  try operands.same(1, axis: 1, as: a[1])
  if b[2] != .fixed(1) || b[3] != .fixed(1) {
    try operands.same(1, axis: 2, as: a[2])
    try operands.same(1, axis: 3, as: a[3])
  }
  return [TensorType(.float32, a)]
}
