package import VMIRCore

/// Repeats every pixel `factor` times in both directions.
///
/// | operand | type                         |
/// |---------|------------------------------|
/// | input   | `[N, C, H, W]`               |
/// | result  | `[N, C, H*factor, W*factor]` |
///
/// Source: `torch.nn.functional.interpolate` with `mode="nearest"` and a whole scale factor.
package struct ResizeNearest: Operator {
  package static let descriptor = OperatorDescriptor(
    "resize_nearest", field: 22, message: "ResizeNearest",
    operands: [Operand("input")],
    attributes: [AttributeField("factor", .integer, 1)])

  /// Enlargement, at least 2.
  package let factor: Int

  /// An enlargement by this factor.
  package init(factor: Int) { self.factor = factor }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    factor = try attributes.integer("factor")
  }

  package var attributeValues: [AttributeValue?] { [.integer(factor)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try enlargedType(operands, Self.descriptor, by: factor)
  }

  package static func payload(of op: Op) -> Self? {
    if case .resizeNearest(let payload) = op { payload } else { nil }
  }

  package var op: Op { .resizeNearest(self) }
}
