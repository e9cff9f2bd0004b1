package import VMIRCore

/// `min(max(x, low), high)`, element by element; NaN stays NaN.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | result  | `[N, C, H, W]` |
///
/// Source: ONNX `Clip`; `torch.clamp`.
package struct Clip: Operator {
  package static let descriptor = OperatorDescriptor(
    "clip", field: 30, message: "Clip",
    operands: [Operand("input")],
    attributes: [
      AttributeField("low", .float, 1),
      AttributeField("high", .float, 2),
    ])

  /// Least value of the result, finite.
  package let low: Float
  /// Greatest value of the result, finite, not below `low`.
  package let high: Float

  /// A clip to this range; the type rule checks it.
  package init(low: Float, high: Float) {
    self.low = low
    self.high = high
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    low = try attributes.float("low")
    high = try attributes.float("high")
  }

  package var attributeValues: [AttributeValue?] { [.float(low), .float(high)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    guard low.isFinite else { throw .attribute(name: "low", reason: "must be finite") }
    guard high.isFinite, high >= low else {
      throw .attribute(name: "high", reason: "must be finite and not below low")
    }
    let operands = try OperandTypes(operands, Self.descriptor)
    return [TensorType(.float32, try operands.image(0).shape)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .clip(let payload) = op { payload } else { nil }
  }

  package var op: Op { .clip(self) }
}
