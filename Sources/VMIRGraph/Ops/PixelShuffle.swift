package import VMIRCore

/// Moves channels into space: channel `c*r*r + dy*r + dx` of a pixel becomes pixel `(dy, dx)` of
/// an `r` by `r` square of channel `c`.
///
/// | operand | type                 |
/// |---------|----------------------|
/// | input   | `[N, C*r*r, H, W]`   |
/// | result  | `[N, C, H*r, W*r]`   |
///
/// Source: `torch.nn.PixelShuffle`; ONNX `DepthToSpace` with mode `CRD`.
package struct PixelShuffle: Operator {
  package static let descriptor = OperatorDescriptor(
    "pixel_shuffle", field: 19, message: "PixelShuffle",
    operands: [Operand("input")],
    attributes: [AttributeField("factor", .integer, 1)])

  /// Side `r` of the square in pixels, at least 2.
  package let factor: Int

  /// A shuffle by this factor.
  package init(factor: Int) { self.factor = factor }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    factor = try attributes.integer("factor")
  }

  package var attributeValues: [AttributeValue?] { [.integer(factor)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    let square = try squared(factor)
    guard channels % square == 0 else {
      throw .extent(
        operand: "input", axis: 1, expected: "a multiple of \(square)", found: shape[1])
    }
    let height = try scaled(shape[2], by: factor, "factor")
    let width = try scaled(shape[3], by: factor, "factor")
    return [image(shape[0], channels / square, height, width)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .pixelShuffle(let payload) = op { payload } else { nil }
  }

  package var op: Op { .pixelShuffle(self) }
}
