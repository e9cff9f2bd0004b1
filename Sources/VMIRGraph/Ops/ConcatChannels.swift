package import VMIRCore

/// Joins two or more images along the channels.
///
/// | operand | type                           |
/// |---------|--------------------------------|
/// | a       | `[N, A, H, W]`                 |
/// | b...    | `[N, B, H, W]`, one or more    |
/// | result  | `[N, A + sum of B, H, W]`      |
///
/// Source: `torch.cat` along axis 1.
package struct ConcatChannels: AttributelessOperator {
  package static let descriptor = OperatorDescriptor(
    "concat_channels", field: 18, message: "ConcatChannels",
    operands: [Operand("a"), Operand("b", isVariadic: true)])

  /// The operator; it has no attributes.
  package init() {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let count = operands.count
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, first) = try operands.image(0)
    var channels = first
    for index in 1..<count {
      let more = try operands.image(index).channels
      for axis in [0, 2, 3] { try operands.same(index, axis: axis, as: shape[axis]) }
      guard let sum = checkedSum(channels, more) else {
        throw .extent(operand: "b", axis: 1, expected: "a smaller count", found: .fixed(more))
      }
      channels = sum
    }
    return [image(shape[0], channels, shape[2], shape[3])]
  }

  package static func payload(of op: Op) -> Self? {
    if case .concatChannels(let payload) = op { payload } else { nil }
  }

  package var op: Op { .concatChannels(self) }
}
