package import VMIRCore

/// Attention of the pixels of each `w` by `w` window to those of the square of `o` by `o` pixels
/// about it.
///
/// Heads and thirds of `qkv` are those of `window_attention`. The square begins `(o - w) / 2` pixels
/// above and to the left of the window; pixels outside of the image have keys and values of zeros and
/// take part. For pixel `a` of a window and `b` of its square, in rows and columns of their own, with
/// `n = w + o - 1`, the weights are the softmax over `b` of
///
/// `scale * <q_a, k_b> + table[i, head]`,
/// `i = (yb - ya + w - o + 1) * n + xb - xa + w - o + 1` modulo `n * n`.
///
/// | operand | type                                          |
/// |---------|-----------------------------------------------|
/// | qkv     | `[N, 3C, H, W]`, H and W multiples of `w`     |
/// | table   | `[(w + o - 1)^2, heads]`, heads divides C     |
/// | result  | `[N, C, H, W]`                                |
///
/// Source: `OCAB` of HAT (arXiv 2205.04437), whose negative indices count from the table's end.
package struct OverlappingWindowAttention: Operator {
  package static let descriptor = OperatorDescriptor(
    "overlapping_window_attention", field: 43, message: "OverlappingWindowAttention",
    operands: [Operand("qkv"), Operand("table")],
    attributes: [
      AttributeField("window", .integer, 1), AttributeField("reach", .integer, 2),
      AttributeField("scale", .float, 3),
    ])

  /// Side `w` of a window in pixels, 2 to 64.
  package let window: Int
  /// Side `o` of the square of keys, more than `window` by an even number, at most 128.
  package let reach: Int
  /// What products of queries and keys are multiplied with, finite; commonly `d^-0.5`.
  package let scale: Float

  /// Attention to squares about windows; the type rule checks the attributes.
  package init(window: Int, reach: Int, scale: Float) {
    self.window = window
    self.reach = reach
    self.scale = scale
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    window = try attributes.integer("window")
    reach = try attributes.integer("reach")
    scale = try attributes.float("scale")
  }

  package var attributeValues: [AttributeValue?] {
    [.integer(window), .integer(reach), .float(scale)]
  }

  package var sideMultiple: Int { window }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    guard (2...64).contains(window) else {
      throw .attribute(name: "window", reason: "must be 2 to 64, is \(window)")
    }
    guard reach > window, reach <= 128, (reach - window) % 2 == 0 else {
      throw .attribute(
        name: "reach", reason: "must be \(window) and an even number, up to 128, is \(reach)")
    }
    let side = window + reach - 1
    return try attentionType(
      operands, Self.descriptor, window: window, scale: scale, entries: side * side)
  }

  package static func payload(of op: Op) -> Self? {
    if case .overlappingWindowAttention(let payload) = op { payload } else { nil }
  }

  package var op: Op { .overlappingWindowAttention(self) }
}
