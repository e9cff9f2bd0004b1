package import VMIRCore

/// Cuts an image into several along the channels.
///
/// | operand | type                                     |
/// |---------|------------------------------------------|
/// | input   | `[N, C, H, W]`, `C` the sum of `counts`  |
/// | results | `[N, counts[i], H, W]`, two or more      |
///
/// Source: `torch.chunk`, `torch.split` along axis 1.
package struct SplitChannels: Operator {
  package static let descriptor = OperatorDescriptor(
    "split_channels", field: 17, message: "SplitChannels",
    operands: [Operand("input")],
    attributes: [AttributeField("counts", .integers, 1)])

  /// Channels of each result, positive.
  package let counts: [Int]

  /// A split into images of these channel counts.
  package init(counts: [Int]) { self.counts = counts }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    counts = try attributes.integers("counts")
  }

  package var attributeValues: [AttributeValue?] { [.integers(counts)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    var sum: Int? = 0
    for count in counts { sum = sum.flatMap { checkedSum($0, count) } }
    guard counts.count >= 2, !counts.contains(where: { $0 < 1 }), sum == channels else {
      throw .attribute(
        name: "counts", reason: "must be two or more positive counts that sum to \(channels)")
    }
    return counts.map { image(shape[0], $0, shape[2], shape[3]) }
  }

  package static func payload(of op: Op) -> Self? {
    if case .splitChannels(let payload) = op { payload } else { nil }
  }

  package var op: Op { .splitChannels(self) }
}
