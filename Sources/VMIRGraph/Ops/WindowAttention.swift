package import VMIRCore

/// Attention among the pixels of each `w` by `w` window of an image that was rolled by
/// `(-shift, -shift)`; the result is rolled back.
///
/// Head `i` of `heads` has channels `i*d ..< (i+1)*d`, `d = C / heads`, of each third of `qkv`:
/// queries, keys and values. For each pixel `a` of a window, the result is the sum of the values of
/// the window's pixels `b`, weighted with the softmax over `b` of
///
/// `scale * <q_a, k_b> + table[(ya - yb + w - 1) * (2w - 1) + xa - xb + w - 1, i]`
///
/// and, where `shift` is not 0, less 100 where the two are in different zones of the rolled image:
/// its rows from `H - w` and those from `H - shift` on are zones of their own, and so are columns.
///
/// | operand | type                                          |
/// |---------|-----------------------------------------------|
/// | qkv     | `[N, 3C, H, W]`, H and W multiples of `w`     |
/// | table   | `[(2w - 1)^2, heads]`, heads divides C        |
/// | result  | `[N, C, H, W]`                                |
///
/// Source: `WindowAttention` and `SwinTransformerBlock.calculate_mask` of SwinIR (arXiv 2108.10257).
package struct WindowAttention: Operator {
  package static let descriptor = OperatorDescriptor(
    "window_attention", field: 42, message: "WindowAttention",
    operands: [Operand("qkv"), Operand("table")],
    attributes: [
      AttributeField("window", .integer, 1), AttributeField("shift", .integer, 2),
      AttributeField("scale", .float, 3),
    ])

  /// Side `w` of a window in pixels, 2 to 64.
  package let window: Int
  /// Pixels by which the image is rolled up and to the left, less than `window`.
  package let shift: Int
  /// What products of queries and keys are multiplied with, finite; commonly `d^-0.5`.
  package let scale: Float

  /// Attention in windows; the type rule checks the attributes.
  package init(window: Int, shift: Int, scale: Float) {
    self.window = window
    self.shift = shift
    self.scale = scale
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    window = try attributes.integer("window")
    shift = try attributes.integer("shift")
    scale = try attributes.float("scale")
  }

  package var attributeValues: [AttributeValue?] {
    [.integer(window), .integer(shift), .float(scale)]
  }

  package var sideMultiple: Int { window }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    guard (2...64).contains(window) else {
      throw .attribute(name: "window", reason: "must be 2 to 64, is \(window)")
    }
    guard (0..<window).contains(shift) else {
      throw .attribute(name: "shift", reason: "must be 0 to \(window - 1), is \(shift)")
    }
    return try attentionType(
      operands, Self.descriptor, window: window, scale: scale,
      entries: (2 * window - 1) * (2 * window - 1))
  }

  package static func payload(of op: Op) -> Self? {
    if case .windowAttention(let payload) = op { payload } else { nil }
  }

  package var op: Op { .windowAttention(self) }
}

/// The type of attention in windows with a table of `entries` rows.
func attentionType(
  _ operands: [TensorType], _ descriptor: OperatorDescriptor, window: Int, scale: Float,
  entries: Int
) throws(TypeError) -> [TensorType] {
  guard scale.isFinite else { throw .attribute(name: "scale", reason: "must be finite") }
  let operands = try OperandTypes(operands, descriptor)
  let (shape, count) = try operands.image(0)
  guard count % 3 == 0 else {
    throw .extent(operand: "qkv", axis: 1, expected: "a multiple of 3", found: shape[1])
  }
  for axis in [2, 3] where shape[axis].divided(by: window) == nil {
    throw .extent(
      operand: "qkv", axis: axis, expected: "a multiple of \(window)", found: shape[axis])
  }
  let heads = try operands.weight(1, [entries, nil])[1]
  guard count / 3 % heads == 0 else {
    throw .extent(
      operand: "table", axis: 1, expected: "a divisor of \(count / 3)", found: .fixed(heads))
  }
  return [image(shape[0], count / 3, shape[2], shape[3])]
}
