package import VMIRCore

/// int8 2-D cross-correlation, stride 1, zero padding `k / 2`, one group.
///
/// | operand     | type                                 |
/// |-------------|--------------------------------------|
/// | input       | `f32[N, C, H, W]`, C at most 131,072 |
/// | weight      | `i8[O, C, k, k]`, -127...127         |
/// | weightScale | `[O]`                                |
/// | smoothing   | `[C]`, if `isSmoothed`               |
/// | bias        | `[O]`, optional                      |
/// | result      | `f32[N, O, H, W]`                    |
///
/// Each pixel of the input is multiplied by `smoothing` and rounded to integers of a scale of its
/// own, the products of each tap are summed as integers, and the sums of the taps as floats. What
/// is computed, rounding by rounding, is in `Formats/vmir.md`, section 6.1: results have the same
/// bits everywhere.
///
/// Source: LLM.int8 (arXiv 2208.07339) for a scale for each vector of channels, SmoothQuant (arXiv
/// 2211.10438) for the smoothing.
package struct QuantizedConv2D: Operator {
  package static let descriptor = OperatorDescriptor(
    "quantized_conv2d", field: 26, message: "QuantizedConv2D",
    operands: [
      Operand("input"),
      Operand("weight"),
      Operand("weightScale"),
      Operand("smoothing", isOptional: true),
      Operand("bias", isOptional: true),
    ],
    attributes: [
      AttributeField("kernel", .integer, 1),
      AttributeField("smoothed", .flag, 2),
      AttributeField("scale", .float, 3, isOptional: true),
    ])

  /// What the elements of a pixel are divided by.
  package enum Activation: Equatable, Sendable {
    /// The pixel's own greatest magnitude over 127.
    case dynamic
    /// The same number for all pixels, from 2^-96 to 2^96.
    case fixed(scale: Float)
  }

  /// Least and greatest scale of an activation.
  package static let scaleRange: ClosedRange<Float> = 0x1p-96...0x1p96
  /// Most input channels: with them an integer sum of one tap fits 32 bits.
  package static let channelLimit = 1 << 17

  /// Kernel side `k` in pixels, odd.
  package let kernelSize: Int
  /// Whether there is an operand `smoothing`.
  package let isSmoothed: Bool
  /// What the input is divided by: this number, or where it is absent each pixel's own scale.
  package let activation: Activation

  /// A convolution of this kernel side; the type rule checks it.
  package init(kernelSize: Int, activation: Activation = .dynamic, isSmoothed: Bool = false) {
    self.kernelSize = kernelSize
    self.activation = activation
    self.isSmoothed = isSmoothed
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    kernelSize = try attributes.integer("kernel")
    isSmoothed = try attributes.flag("smoothed")
    if let scale = try attributes.floatIfPresent("scale") {
      activation = .fixed(scale: scale)
    } else {
      activation = .dynamic
    }
  }

  /// Position of the operand `smoothing`, where there is one.
  package var smoothingPosition: Int? { isSmoothed ? 3 : nil }

  /// Position of the operand `bias`, where a node has so many operands.
  package var biasPosition: Int { isSmoothed ? 4 : 3 }

  package var attributeValues: [AttributeValue?] {
    let scale: AttributeValue? =
      switch activation {
      case .dynamic: nil
      case .fixed(let scale): .float(scale)
      }
    return [.integer(kernelSize), .flag(isSmoothed), scale]
  }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(
      operands, ["input", "weight", "weightScale"] + (isSmoothed ? ["smoothing"] : []),
      optional: ["bias"])
    guard kernelSize > 0, kernelSize % 2 == 1 else {
      throw .attribute(name: "kernel", reason: "must be odd, is \(kernelSize)")
    }
    if case .fixed(let scale) = activation, !QuantizedConv2D.scaleRange.contains(scale) {
      throw .attribute(name: "scale", reason: "must be from 2^-96 to 2^96, is \(scale)")
    }
    let (shape, channels) = try operands.image(0)
    guard channels <= QuantizedConv2D.channelLimit else {
      throw .extent(
        operand: "input", axis: 1, expected: "\(QuantizedConv2D.channelLimit) or less",
        found: shape[1])
    }
    let weight = try operands.bytes(1, [nil, channels, kernelSize, kernelSize])
    _ = try operands.weight(2, [weight[0]])
    if let smoothingPosition { _ = try operands.weight(smoothingPosition, [channels]) }
    if operands.has(biasPosition) { _ = try operands.weight(biasPosition, [weight[0]]) }
    return [image(shape[0], weight[0], shape[2], shape[3])]
  }

  package static func payload(of op: Op) -> Self? {
    if case .quantizedConv2D(let payload) = op { payload } else { nil }
  }

  package var op: Op { .quantizedConv2D(self) }
}
