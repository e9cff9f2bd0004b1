package import VMIRCore

/// Rows and columns of an image in any order, any number of times: a crop, a mirroring, a padding.
///
/// Number `i + 1` in a list stands for row or column `i` of the input, 0 for one that is `fill`
/// everywhere. H and W are fixed.
///
/// | operand | type                                       |
/// |---------|--------------------------------------------|
/// | input   | `[N, C, H, W]`                             |
/// | result  | `[N, C, count of rows, count of columns]`  |
///
/// Source: ONNX `Pad`, `Slice`, `Gather` along the height or the width.
package struct GatherPixels: Operator {
  package static let descriptor = OperatorDescriptor(
    "gather_pixels", field: 36, message: "GatherPixels",
    operands: [Operand("input")],
    attributes: [
      AttributeField("rows", .integers, 1), AttributeField("columns", .integers, 2),
      AttributeField("fill", .float, 3),
    ])

  /// A number for each row of the result, 0 to H.
  package let rows: [Int]
  /// A number for each column of the result, 0 to W.
  package let columns: [Int]
  /// Elements of what the input does not have, finite.
  package let fill: Float

  /// A choice of rows and columns; the type rule checks it.
  package init(rows: [Int], columns: [Int], fill: Float = 0) {
    self.rows = rows
    self.columns = columns
    self.fill = fill
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    rows = try attributes.integers("rows")
    columns = try attributes.integers("columns")
    fill = try attributes.float("fill")
  }

  package var attributeValues: [AttributeValue?] {
    [.integers(rows), .integers(columns), .float(fill)]
  }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    guard fill.isFinite else { throw .attribute(name: "fill", reason: "must be finite") }
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    for (name, axis, numbers) in [("rows", 2, rows), ("columns", 3, columns)] {
      guard let count = shape[axis].fixedCount else {
        throw .extent(
          operand: "input", axis: axis, expected: "a fixed count", found: shape[axis])
      }
      guard !numbers.isEmpty, numbers.allSatisfy({ $0 >= 0 && $0 <= count }) else {
        throw .attribute(name: name, reason: "must be one or more numbers, 0 to \(count)")
      }
    }
    return [image(shape[0], channels, .fixed(rows.count), .fixed(columns.count))]
  }

  package static func payload(of op: Op) -> Self? {
    if case .gatherPixels(let payload) = op { payload } else { nil }
  }

  package var op: Op { .gatherPixels(self) }
}
