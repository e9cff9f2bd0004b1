package import VMIRCore

/// Attention between the channels of an image, in heads of `c = C / heads` channels that follow each
/// other.
///
/// Each channel of q and of k, as a vector over all pixels, is divided by the greater of its
/// Euclidean norm and `epsilon`, so that a channel that is zero everywhere stays zero. In head `i`
/// the weights are `softmax(temperature[i] * q k^T)` over the channels of k, `[c, c]`, and the result
/// is the weights times v. Every pixel of the result depends on every pixel of the operand.
///
/// | operand     | type                                     |
/// |-------------|------------------------------------------|
/// | qkv         | `[N, 3 C, H, W]`: q, k, v, each `C`      |
/// | temperature | `[heads]`, divides `C`                   |
/// | result      | `[N, C, H, W]`                           |
///
/// Source: `Attention` of Restormer (MDTA) without its convolutions; `torch.nn.functional.normalize`.
package struct ChannelAttention: Operator {
  package static let descriptor = OperatorDescriptor(
    "channel_attention", field: 41, message: "ChannelAttention",
    operands: [Operand("qkv"), Operand("temperature")],
    attributes: [AttributeField("epsilon", .float, 1)])

  /// Least norm that is divided by, positive.
  package let epsilon: Float

  /// An attention; PyTorch's epsilon is 1e-12.
  package init(epsilon: Float = 1e-12) { self.epsilon = epsilon }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    epsilon = try attributes.float("epsilon")
  }

  package var attributeValues: [AttributeValue?] { [.float(epsilon)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    guard epsilon > 0, epsilon.isFinite else {
      throw .attribute(name: "epsilon", reason: "must be positive and finite")
    }
    let (shape, channels) = try operands.image(0)
    guard channels % 3 == 0 else {
      throw .extent(
        operand: "qkv", axis: 1, expected: "a multiple of 3", found: .fixed(channels))
    }
    let heads = try operands.weight(1, [nil])[0]
    guard heads > 0, channels / 3 % heads == 0 else {
      throw .extent(
        operand: "temperature", axis: 0, expected: "a divisor of \(channels / 3)",
        found: .fixed(heads))
    }
    return [image(shape[0], channels / 3, shape[2], shape[3])]
  }

  package static func payload(of op: Op) -> Self? {
    if case .channelAttention(let payload) = op { payload } else { nil }
  }

  package var op: Op { .channelAttention(self) }
}
