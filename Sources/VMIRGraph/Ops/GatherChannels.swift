package import VMIRCore

/// Channels of an image in any order, any number of times.
///
/// | operand | type                              |
/// |---------|-----------------------------------|
/// | input   | `[N, C, H, W]`                    |
/// | result  | `[N, count of channels, H, W]`    |
///
/// Source: ONNX `Slice` and `Gather` along axis 1; ONNX `DepthToSpace` with mode `DCR` is this and
/// `pixel_shuffle`.
package struct GatherChannels: Operator {
  package static let descriptor = OperatorDescriptor(
    "gather_channels", field: 37, message: "GatherChannels",
    operands: [Operand("input")],
    attributes: [AttributeField("channels", .integers, 1)])

  /// Number of the input's channel, from 0, for each channel of the result.
  package let channels: [Int]

  /// A choice of channels; the type rule checks it.
  package init(channels: [Int]) { self.channels = channels }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    channels = try attributes.integers("channels")
  }

  package var attributeValues: [AttributeValue?] { [.integers(channels)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, count) = try operands.image(0)
    guard !channels.isEmpty, channels.allSatisfy({ $0 >= 0 && $0 < count }) else {
      throw .attribute(name: "channels", reason: "must be one or more numbers below \(count)")
    }
    return [image(shape[0], channels.count, shape[2], shape[3])]
  }

  package static func payload(of op: Op) -> Self? {
    if case .gatherChannels(let payload) = op { payload } else { nil }
  }

  package var op: Op { .gatherChannels(self) }
}
