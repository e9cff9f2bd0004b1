package import VMIRCore

/// Enlarges by a whole factor, interpolating between the four nearest pixel centres.
///
/// Row `i` of the result lies at `max((i + 0.5) / factor - 0.5, 0)` of the input, between the row of
/// that number rounded down and the next one, or twice the last one; so do the columns.
///
/// | operand | type                         |
/// |---------|------------------------------|
/// | input   | `[N, C, H, W]`               |
/// | result  | `[N, C, H*factor, W*factor]` |
///
/// Source: `torch.nn.functional.interpolate` with `mode="bilinear"`, `align_corners=False` and a
/// whole scale factor; ONNX `Resize`, `linear`, `half_pixel`.
package struct ResizeBilinear: Operator {
  package static let descriptor = OperatorDescriptor(
    "resize_bilinear", field: 31, message: "ResizeBilinear",
    operands: [Operand("input")],
    attributes: [AttributeField("factor", .integer, 1)])

  /// Enlargement, 2 to 64.
  package let factor: Int

  /// An enlargement by this factor; the type rule checks it.
  package init(factor: Int) { self.factor = factor }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    factor = try attributes.integer("factor")
  }

  package var attributeValues: [AttributeValue?] { [.integer(factor)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    try enlargedType(operands, Self.descriptor, by: factor)
  }

  package static func payload(of op: Op) -> Self? {
    if case .resizeBilinear(let payload) = op { payload } else { nil }
  }

  package var op: Op { .resizeBilinear(self) }
}
