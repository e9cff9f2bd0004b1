package import VMIRCore

/// Selective scan of an image in one direction, row by row.
///
/// The recurrence is that of `OmniScan` in direction 0.
///
/// | operand     | type              |
/// |-------------|-------------------|
/// | input       | `[N, C, H, W]`    |
/// | projection  | `[1, R + 2 S, C]` |
/// | deltaWeight | `[1, C, R]`       |
/// | deltaBias   | `[1, C]`          |
/// | aLog        | `[C, S]`          |
/// | d           | `[C]`             |
/// | result      | `[N, C, H, W]`    |
///
/// Source: `Mamba` as DVMSR uses it, `x_proj`, `dt_proj`, `A_log`, `D`.
package struct LineScan: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "line_scan", field: 44, message: "LineScan",
    operands: [
      Operand("input"),
      Operand("projection", mayBeHalf: true),
      Operand("deltaWeight", mayBeHalf: true),
      Operand("deltaBias"),
      Operand("aLog"),
      Operand("d"),
    ])

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    let rank = try operands.weight(2, [1, channels, nil])[2]
    let states = try operands.weight(4, [channels, nil])[1]
    _ = try operands.weight(1, [1, projectionRows(rank, states), channels])
    _ = try operands.weight(3, [1, channels])
    _ = try operands.weight(5, [channels])
    return [TensorType(.float32, shape)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .lineScan(let payload) = op { payload } else { nil }
  }

  package var op: Op { .lineScan(self) }
}
