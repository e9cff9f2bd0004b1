import VMIRCore

/// A weight that is stored as 8-bit integers: `levels * scale`, rounded once to `f32`.
///
/// The extents of `scale` are the first ones of `levels`; each number scales all that lies behind
/// its place.
///
/// | operand | type                     |
/// |---------|--------------------------|
/// | levels  | `i8[E1, ..., En]`        |
/// | scale   | `[E1, ..., Em]`, 1...n   |
/// | result  | `f32[E1, ..., En]`       |
///
/// Source: ONNX `DequantizeLinear` without a zero point.
public struct Dequantize: Operator {
  static let mnemonic = "dequantize"

  /// The operator; it has no attributes.
  public init() {}

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let checked = try OperandTypes(operands, ["levels", "scale"])
    let (levels, scale) = (operands[0], operands[1])
    let shape = try checked.bytes(0, levels.shape.map { _ in nil })
    guard !scale.shape.isEmpty, scale.shape.count <= shape.count else {
      throw .rank(operand: "scale", expected: shape.count, found: scale)
    }
    _ = try checked.weight(1, scale.shape.indices.map { shape[$0] })
    return [TensorType(.float32, levels.shape)]
  }
}
