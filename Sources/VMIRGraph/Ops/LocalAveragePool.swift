package import VMIRCore

/// Mean of each channel over a window that stays inside the image, the outermost means repeated to
/// the edges.
///
/// The window of row `i` begins at row `min(max(i - (window - 1) / 2, 0), H - window)`, the half
/// rounded down, after the window is cut to the image's height; so do the columns. Where it covers
/// both sides, every pixel of the result is the mean of the whole image. Sums are in double
/// precision.
///
/// | operand | type           |
/// |---------|----------------|
/// | input   | `[N, C, H, W]` |
/// | result  | `[N, C, H, W]` |
///
/// Source: `AvgPool2d` of NAFNet's `local_arch` with `auto_pad` (TLC, arXiv 2112.04491).
package struct LocalAveragePool: Operator {
  package static let descriptor = OperatorDescriptor(
    "local_average_pool", field: 33, message: "LocalAveragePool",
    operands: [Operand("input")],
    attributes: [
      AttributeField("window_height", .integer, 1), AttributeField("window_width", .integer, 2),
    ])

  /// Rows of the window, 1 to 1048576.
  package let windowHeight: Int
  /// Columns of the window, 1 to 1048576.
  package let windowWidth: Int

  /// Means over such windows; the type rule checks them.
  package init(windowHeight: Int, windowWidth: Int) {
    self.windowHeight = windowHeight
    self.windowWidth = windowWidth
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    windowHeight = try attributes.integer("window_height")
    windowWidth = try attributes.integer("window_width")
  }

  package var attributeValues: [AttributeValue?] {
    [.integer(windowHeight), .integer(windowWidth)]
  }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let limit = 1 << 20
    for (name, side) in [("window_height", windowHeight), ("window_width", windowWidth)] {
      guard (1...limit).contains(side) else {
        throw .attribute(name: name, reason: "must be 1 to \(limit), is \(side)")
      }
    }
    return try elementwiseType(operands, Self.descriptor)
  }

  package static func payload(of op: Op) -> Self? {
    if case .localAveragePool(let payload) = op { payload } else { nil }
  }

  package var op: Op { .localAveragePool(self) }
}
