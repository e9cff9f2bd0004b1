package import VMIRCore

/// Selective scan along the channels of one pixel, forward and backward, and their sum.
///
/// The pixel is a sequence of length `C`. With `inWeight` each element is first widened to `G`
/// channels, `x[g] = inWeight[g] v + inBias[g]`, and at the end narrowed by `outWeight` and
/// `outBias`; without, `G` is 1. The recurrence is that of `OmniScan` over two directions.
///
/// | operand     | type                     |
/// |-------------|--------------------------|
/// | input       | `[N, C, 1, 1]`           |
/// | projection  | `[2, R + 2 S, G]`        |
/// | deltaWeight | `[2, G, R]`              |
/// | deltaBias   | `[2, G]`                 |
/// | aLog        | `[2 G, S]`               |
/// | d           | `[2 G]`                  |
/// | inWeight    | `[G, 1, 1, 1]`, optional |
/// | inBias      | `[G]`, with inWeight     |
/// | outWeight   | `[1, G, 1, 1]`, with it  |
/// | outBias     | `[1]`, with it           |
/// | result      | `[N, C, 1, 1]`           |
///
/// Source: `SS2D.cforward_core` of VmambaIR, `xc_proj_weight`, `dtc_projs_weight`,
/// `dtc_projs_bias`, `Ac_logs`, `Dsc`, `conv_cin`, `conv_cout`.
package struct ChannelScan: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "channel_scan", field: 24, message: "ChannelScan",
    operands: [
      Operand("input"),
      Operand("projection", mayBeHalf: true),
      Operand("deltaWeight", mayBeHalf: true),
      Operand("deltaBias"),
      Operand("aLog"),
      Operand("d"),
      Operand("inWeight", isOptional: true, mayBeHalf: true),
      Operand("inBias", isOptional: true),
      Operand("outWeight", isOptional: true, mayBeHalf: true),
      Operand("outBias", isOptional: true),
    ])

  /// Number of directions.
  package static let directionCount = 2

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let directions = ChannelScan.directionCount
    let (shape, _) = try operands.image(0)
    try operands.same(0, axis: 2, as: .fixed(1))
    try operands.same(0, axis: 3, as: .fixed(1))
    let delta = try operands.weight(2, [directions, nil, nil])
    let (width, rank) = (delta[1], delta[2])
    guard operands.has(6) || width == 1 else {
      throw .extent(operand: "deltaWeight", axis: 1, expected: "1", found: .fixed(width))
    }
    guard let rows = checkedProduct([directions, width]) else {
      throw .extent(
        operand: "deltaWeight", axis: 1, expected: "a smaller count", found: .fixed(width))
    }
    let states = try operands.weight(4, [rows, nil])[1]
    _ = try operands.weight(1, [directions, projectionRows(rank, states), width])
    _ = try operands.weight(3, [directions, width])
    _ = try operands.weight(5, [rows])
    if operands.has(6) {
      _ = try operands.weight(6, [width, 1, 1, 1])
      _ = try operands.weight(7, [width])
      _ = try operands.weight(8, [1, width, 1, 1])
      _ = try operands.weight(9, [1])
    }
    return [TensorType(.float32, shape)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .channelScan(let payload) = op { payload } else { nil }
  }

  package var op: Op { .channelScan(self) }
}
