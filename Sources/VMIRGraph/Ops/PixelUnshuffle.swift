package import VMIRCore

/// The inverse of `PixelShuffle`: an `r` by `r` square of pixels becomes channels of one.
///
/// | operand | type                     |
/// |---------|--------------------------|
/// | input   | `[N, C, H, W]`           |
/// | result  | `[N, C*r*r, H/r, W/r]`   |
///
/// Source: `torch.nn.PixelUnshuffle`.
package struct PixelUnshuffle: Operator {
  package static let descriptor = OperatorDescriptor(
    "pixel_unshuffle", field: 20, message: "PixelUnshuffle",
    operands: [Operand("input")],
    attributes: [AttributeField("factor", .integer, 1)])

  /// Side `r` of the square in pixels, at least 2.
  package let factor: Int

  /// An unshuffle by this factor.
  package init(factor: Int) { self.factor = factor }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    factor = try attributes.integer("factor")
  }

  package var attributeValues: [AttributeValue?] { [.integer(factor)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    let (outputs, overflow) = channels.multipliedReportingOverflow(by: try squared(factor))
    guard !overflow else {
      throw .attribute(name: "factor", reason: "of \(factor) makes an extent too large")
    }
    var sides: [Dim] = []
    for axis in [2, 3] {
      guard let side = shape[axis].divided(by: factor) else {
        throw .extent(
          operand: "input", axis: axis, expected: "a multiple of \(factor)", found: shape[axis])
      }
      sides.append(side)
    }
    return [image(shape[0], outputs, sides[0], sides[1])]
  }

  package static func payload(of op: Op) -> Self? {
    if case .pixelUnshuffle(let payload) = op { payload } else { nil }
  }

  package var op: Op { .pixelUnshuffle(self) }
}
