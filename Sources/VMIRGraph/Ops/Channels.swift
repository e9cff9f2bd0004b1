import VMIRCore

/// Cuts an image into several along the channels.
///
/// | operand | type                                     |
/// |---------|------------------------------------------|
/// | input   | `[N, C, H, W]`, `C` the sum of `counts`  |
/// | results | `[N, counts[i], H, W]`, two or more      |
///
/// Source: `torch.chunk`, `torch.split` along axis 1.
public struct SplitChannels: Operator {
  static let mnemonic = "split_channels"

  /// Channels of each result, positive.
  public let counts: [Int]

  /// A split into images of these channel counts.
  public init(counts: [Int]) { self.counts = counts }

  init(_ attributes: inout AttributeReader) throws(AttributeError) {
    counts = try attributes.integers("counts")
  }

  var attributes: [Attribute] { [Attribute("counts", .integers(counts))] }

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, ["input"])
    let (shape, channels) = try operands.image(0)
    var sum: Int? = 0
    for count in counts { sum = sum.flatMap { checkedSum($0, count) } }
    guard counts.count >= 2, !counts.contains(where: { $0 < 1 }), sum == channels else {
      throw .attribute(
        name: "counts", reason: "must be two or more positive counts that sum to \(channels)")
    }
    return counts.map { image(shape[0], $0, shape[2], shape[3]) }
  }
}

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
  static let mnemonic = "concat_channels"

  /// The operator; it has no attributes.
  public init() {}

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, ["a", "b"])
    let (shape, aChannels) = try operands.image(0)
    let bChannels = try operands.image(1).channels
    for axis in [0, 2, 3] { try operands.same(1, axis: axis, as: shape[axis]) }
    guard let channels = checkedSum(aChannels, bChannels) else {
      throw .extent(operand: "b", axis: 1, expected: "a smaller count", found: .fixed(bChannels))
    }
    return [image(shape[0], channels, shape[2], shape[3])]
  }
}
