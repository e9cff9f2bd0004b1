package import VMIRCore

/// Products of matrices that are both computed, one for each of `batch`.
///
/// An operand in the form `channels` has `batch` equal groups of channels, one after another; matrix
/// `i` has a row for each pixel, row by row of the image, and a column for each channel of group `i`.
/// In the form `rows` H is `batch`; matrix `i` has a row for each pixel of row `i` of the image, and a
/// column for each channel. With `transpose_a` or `transpose_b`, not both, the matrix is transposed.
/// Result `i` is the product of the two, `[M, J]`; J is fixed.
///
/// | operand | type              |
/// |---------|-------------------|
/// | a       | `[N, Ca, Ha, Wa]` |
/// | b       | `[N, Cb, Hb, Wb]` |
/// | result  | as follows        |
///
/// In the form `rows` the result is `[N, J, batch, M]`. In the form `channels` it is
/// `[N, batch * J, H, W]` with the sides of an a of that form that is not transposed, otherwise
/// `[N, batch * J, 1, M]`.
///
/// Source: ONNX `MatMul`, `torch.matmul`, as attention has it: `q k^T` and `attn v`.
package struct MatMul: Operator {
  /// Where the matrices of an image lie.
  package enum Form: String, CaseIterable, Sendable {
    case channels, rows
  }

  package static let descriptor = OperatorDescriptor(
    "matmul", field: 48, message: "MatMul",
    operands: [Operand("a"), Operand("b")],
    attributes: [
      AttributeField("batch", .integer, 1), AttributeField("a", .word, 2),
      AttributeField("b", .word, 3), AttributeField("result", .word, 4),
      AttributeField("transpose_a", .flag, 5), AttributeField("transpose_b", .flag, 6),
    ])

  /// Matrices of each operand, 1 or more.
  package let batch: Int
  /// `channels` or `rows`.
  package let a: Form
  /// Likewise.
  package let b: Form
  /// Likewise.
  package let result: Form
  /// Whether the matrices of a are transposed.
  package let transposesA: Bool
  /// Whether the matrices of b are transposed, not together with those of a.
  package let transposesB: Bool

  /// Products; the type rule checks the attributes.
  package init(
    batch: Int, a: Form, b: Form, result: Form, transposesA: Bool = false,
    transposesB: Bool = false
  ) {
    self.batch = batch
    self.a = a
    self.b = b
    self.result = result
    self.transposesA = transposesA
    self.transposesB = transposesB
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    batch = try attributes.integer("batch")
    a = try attributes.choice("a", Form.self)
    b = try attributes.choice("b", Form.self)
    result = try attributes.choice("result", Form.self)
    transposesA = try attributes.flag("transpose_a")
    transposesB = try attributes.flag("transpose_b")
  }

  package var attributeValues: [AttributeValue?] {
    [
      .integer(batch), .word(a.rawValue), .word(b.rawValue), .word(result.rawValue),
      .flag(transposesA), .flag(transposesB),
    ]
  }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    guard batch >= 1 else {
      throw .attribute(name: "batch", reason: "must be 1 or more, is \(batch)")
    }
    guard !transposesA || !transposesB else {
      throw .attribute(name: "transpose_b", reason: "must not be together with transpose_a")
    }
    let operands = try OperandTypes(operands, Self.descriptor)
    let left = try matrix(operands, 0, a)
    let right = try matrix(operands, 1, b)
    try operands.same(1, axis: 0, as: left.shape[0])
    let (rows, inner) = transposesA ? (left.columns, left.rows) : (left.rows, left.columns)
    let (other, columns) = transposesB ? (right.columns, right.rows) : (right.rows, right.columns)
    guard inner == other else {
      throw .extent(
        operand: "b", axis: transposesB ? 1 : 3, expected: "matrices of \(inner) summands",
        found: other)
    }
    guard let count = columns.fixedCount else {
      throw .extent(operand: "b", axis: 3, expected: "a fixed count", found: columns)
    }
    if result == .rows {
      return [image(left.shape[0], count, .fixed(batch), rows)]
    }
    guard let channels = checkedProduct([batch, count]) else {
      throw .attribute(name: "batch", reason: "of \(batch) makes an extent too large")
    }
    return a == .channels && !transposesA
      ? [image(left.shape[0], channels, left.shape[2], left.shape[3])]
      : [image(left.shape[0], channels, .fixed(1), rows)]
  }

  /// Rows and columns of an operand's matrices.
  private func matrix(
    _ operands: OperandTypes, _ index: Int, _ form: Form
  ) throws(TypeError) -> (shape: [Dim], rows: Dim, columns: Dim) {
    let name = index == 0 ? "a" : "b"
    let (shape, channels) = try operands.image(index)
    switch form {
    case .rows:
      guard shape[2] == .fixed(batch) else {
        throw .extent(operand: name, axis: 2, expected: "\(batch)", found: shape[2])
      }
      return (shape, shape[3], .fixed(channels))
    case .channels:
      guard channels % batch == 0 else {
        throw .extent(
          operand: name, axis: 1, expected: "a multiple of \(batch)", found: shape[1])
      }
      guard let pixels = shape[2].multiplied(by: shape[3]) else {
        throw .extent(
          operand: name, axis: 2, expected: "a side that is not rounded", found: shape[2])
      }
      return (shape, pixels, .fixed(channels / batch))
    }
  }

  package static func payload(of op: Op) -> Self? {
    if case .matMul(let payload) = op { payload } else { nil }
  }

  package var op: Op { .matMul(self) }
}
