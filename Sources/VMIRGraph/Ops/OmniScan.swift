package import VMIRCore

/// Selective scan of an image in four directions, each put back in place, and their sum.
///
/// Directions `k`: 0 row by row, 1 column by column, 2 the reverse of 0, 3 the reverse of 1. Along
/// a direction, with `u` the channel's pixel, `p` its projection and `R`, `S` ranges of `p`:
/// `delta = softplus(deltaWeight p[..<R] + deltaBias)`, `A = -exp(aLog)`, `B = p[R ..< R + S]`,
/// `C = p[R + S ..< R + 2 S]`; `h = exp(delta A) h + delta B u` from `h = 0`; `y = <C, h> + d u`.
/// `softplus(v) = v` for `v > 20`.
///
/// | operand     | type              |
/// |-------------|-------------------|
/// | input       | `[N, C, H, W]`    |
/// | projection  | `[4, R + 2 S, C]` |
/// | deltaWeight | `[4, C, R]`       |
/// | deltaBias   | `[4, C]`          |
/// | aLog        | `[4 C, S]`        |
/// | d           | `[4 C]`           |
/// | result      | `[N, C, H, W]`    |
///
/// Source: `SS2D.forward_core` of VmambaIR, `x_proj_weight`, `dt_projs_weight`, `dt_projs_bias`,
/// `A_logs`, `Ds`; `selective_scan_fn` of Mamba with `delta_softplus`.
package struct OmniScan: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "omni_scan", field: 23, message: "OmniScan",
    operands: [
      Operand("input"),
      Operand("projection", mayBeHalf: true),
      Operand("deltaWeight", mayBeHalf: true),
      Operand("deltaBias"),
      Operand("aLog"),
      Operand("d"),
    ])

  /// Number of directions.
  package static let directionCount = 4

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let directions = OmniScan.directionCount
    let (shape, channels) = try operands.image(0)
    guard let rows = checkedProduct([directions, channels]) else {
      throw .extent(operand: "input", axis: 1, expected: "a smaller count", found: shape[1])
    }
    let rank = try operands.weight(2, [directions, channels, nil])[2]
    let states = try operands.weight(4, [rows, nil])[1]
    _ = try operands.weight(1, [directions, projectionRows(rank, states), channels])
    _ = try operands.weight(3, [directions, channels])
    _ = try operands.weight(5, [rows])
    return [TensorType(.float32, shape)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .omniScan(let payload) = op { payload } else { nil }
  }

  package var op: Op { .omniScan(self) }
}
