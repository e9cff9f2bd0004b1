package import VMIRCore

/// `a * alpha + b`, element by element.
///
/// | operand | type           |
/// |---------|----------------|
/// | a       | `[N, C, H, W]` |
/// | b       | `[N, C, H, W]` |
/// | result  | `[N, C, H, W]` |
///
/// Source: the residual scaling of `RRDB` and `ResidualDenseBlock` in BasicSR; ONNX `Mul` by a
/// scalar and `Add`.
package struct ScaledAdd: Operator {
  package static let descriptor = OperatorDescriptor(
    "scaled_add", field: 28, message: "ScaledAdd",
    operands: [Operand("a"), Operand("b")],
    attributes: [AttributeField("alpha", .float, 1)])

  /// Factor of `a`, finite.
  package let alpha: Float

  /// A sum with this factor; the type rule checks it.
  package init(alpha: Float) { self.alpha = alpha }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    alpha = try attributes.float("alpha")
  }

  package var attributeValues: [AttributeValue?] { [.float(alpha)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    guard alpha.isFinite else { throw .attribute(name: "alpha", reason: "must be finite") }
    let operands = try OperandTypes(operands, Self.descriptor)
    let a = try operands.image(0).shape
    _ = try operands.image(1)
    for axis in a.indices { try operands.same(1, axis: axis, as: a[axis]) }
    return [TensorType(.float32, a)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .scaledAdd(let payload) = op { payload } else { nil }
  }

  package var op: Op { .scaledAdd(self) }
}
