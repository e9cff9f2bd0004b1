package import VMIRCore

/// One selective scan over the pixels in the stable order of their tokens, with a prompt added to
/// what the states are read out with.
///
/// Pixels of the lowest token come first, those of one token row by row. Along that order the
/// recurrence is that of `OmniScan`, where at place `l` row `token[l]` of `prompt` is added to `C`:
/// the token of pixel `l` of the image, not of the pixel that stands at place `l`. The state is not
/// reset between tokens. A token is its number rounded down and cut to `0 ..< T`, 0 where it is NaN.
///
/// | operand     | type              |
/// |-------------|-------------------|
/// | input       | `[N, C, H, W]`    |
/// | token       | `[N, 1, H, W]`    |
/// | projection  | `[1, R + 2 S, C]` |
/// | deltaWeight | `[1, C, R]`       |
/// | deltaBias   | `[1, C]`          |
/// | aLog        | `[C, S]`          |
/// | d           | `[C]`             |
/// | prompt      | `[T, S]`          |
/// | result      | `[N, C, H, W]`    |
///
/// Source: `ASSM` and `Selective_Scan` of MambaIRv2, which leave the prompt in the image's order.
package struct PromptScan: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "prompt_scan", field: 47, message: "PromptScan",
    operands: [
      Operand("input"),
      Operand("token"),
      Operand("projection", mayBeHalf: true),
      Operand("deltaWeight", mayBeHalf: true),
      Operand("deltaBias"),
      Operand("aLog"),
      Operand("d"),
      Operand("prompt"),
    ])

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    let tokens = try operands.image(1).shape
    try operands.same(1, axis: 0, as: shape[0])
    try operands.same(1, axis: 1, as: .fixed(1))
    for axis in [2, 3] where tokens[axis] != shape[axis] {
      try operands.same(1, axis: axis, as: shape[axis])
    }
    let rank = try operands.weight(3, [1, channels, nil])[2]
    let states = try operands.weight(5, [channels, nil])[1]
    _ = try operands.weight(2, [1, projectionRows(rank, states), channels])
    _ = try operands.weight(4, [1, channels])
    _ = try operands.weight(6, [channels])
    let count = try operands.weight(7, [nil, states])[0]
    guard count <= RouteTokens.tokenLimit else {
      throw .extent(
        operand: "prompt", axis: 0, expected: "1 to \(RouteTokens.tokenLimit)",
        found: .fixed(count))
    }
    return [TensorType(.float32, shape)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .promptScan(let payload) = op { payload } else { nil }
  }

  package var op: Op { .promptScan(self) }
}
