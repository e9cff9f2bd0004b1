import VMIRCore

/// Joins two images along the channels.
///
/// | operand | type               |
/// |---------|--------------------|
/// | a       | `[N, A, H, W]`     |
/// | b       | `[N, B, H, W]`     |
/// | result  | `[N, A + B, H, W]` |
///
/// Source: `torch.cat` along axis 1.
public struct ConcatChannels: Operator {
  package static let descriptor = OperatorDescriptor(
    "concat_channels", field: 18, message: "ConcatChannels",
    operands: [Operand("a"), Operand("b")])

  /// The operator; it has no attributes.
  public init() {}

  package init(_ attributes: inout AttributeReader) {}

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, aChannels) = try operands.image(0)
    let bChannels = try operands.image(1).channels
    for axis in [0, 2, 3] { try operands.same(1, axis: axis, as: shape[axis]) }
    guard let channels = checkedSum(aChannels, bChannels) else {
      throw .extent(operand: "b", axis: 1, expected: "a smaller count", found: .fixed(bChannels))
    }
    return [image(shape[0], channels, shape[2], shape[3])]
  }

  package static func payload(of op: Op) -> Self? {
    if case .concatChannels(let payload) = op { payload } else { nil }
  }

  package var op: Op { .concatChannels(self) }
}
