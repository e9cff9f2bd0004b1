package import VMIRCore

/// Convolution of each channel along the pixels, row after row, that looks back only.
///
/// `y[l] = bias + sum over t of weight[t] x[l - k + 1 + t]` for pixel `l` of the rows joined end to
/// end; pixels before the first are 0.
///
/// | operand | type            |
/// |---------|-----------------|
/// | input   | `[N, C, H, W]`  |
/// | weight  | `[C, 1, k]`     |
/// | bias    | `[C]`, optional |
/// | result  | `[N, C, H, W]`  |
///
/// Source: `conv1d` of Mamba, `torch.nn.Conv1d` with `groups = C` and `padding = k - 1`, its first L
/// results.
package struct CausalLineConv: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "causal_line_conv", field: 45, message: "CausalLineConv",
    operands: [Operand("input"), Operand("weight"), Operand("bias", isOptional: true)])

  /// Largest `k`.
  static let kernelLimit = 64

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    let count = try operands.weight(1, [channels, 1, nil])[2]
    guard count <= CausalLineConv.kernelLimit else {
      throw .extent(
        operand: "weight", axis: 2, expected: "1 to \(CausalLineConv.kernelLimit)",
        found: .fixed(count))
    }
    if operands.has(2) { _ = try operands.weight(2, [channels]) }
    return [TensorType(.float32, shape)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .causalLineConv(let payload) = op { payload } else { nil }
  }

  package var op: Op { .causalLineConv(self) }
}
