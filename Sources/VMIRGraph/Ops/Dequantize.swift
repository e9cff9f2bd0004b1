package import VMIRCore

/// An int8 weight: `levels * scale`, rounded once to `f32`.
///
/// The extents of `scale` are the first ones of `levels`; each scale applies to the whole subarray
/// at its index.
///
/// | operand | type                     |
/// |---------|--------------------------|
/// | levels  | `i8[E1, ..., En]`        |
/// | scale   | `[E1, ..., Em]`, 1...n   |
/// | result  | `f32[E1, ..., En]`       |
///
/// Source: ONNX `DequantizeLinear` without a zero point.
package struct Dequantize: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "dequantize", field: 27, message: "Dequantize",
    operands: [Operand("levels"), Operand("scale")])

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let checked = try OperandTypes(operands, Self.descriptor)
    let (levels, scale) = (operands[0], operands[1])
    let shape = try checked.bytes(0, levels.shape.map { _ in nil })
    guard !scale.shape.isEmpty, scale.shape.count <= shape.count else {
      throw .rank(operand: "scale", expected: shape.count, found: scale)
    }
    _ = try checked.weight(1, shape.prefix(scale.shape.count).map { Optional($0) })
    return [TensorType(.float32, levels.shape)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .dequantize(let payload) = op { payload } else { nil }
  }

  package var op: Op { .dequantize(self) }
}
