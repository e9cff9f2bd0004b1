package import VMIRCore

/// 2-D cross-correlation with taps `dilation` pixels apart, stride 1, zero padding
/// `dilation * (k / 2)`, so H and W stay.
///
/// An operator of its own, since a reader that knows `conv2d` alone must not take it for one.
///
/// | operand | type            |
/// |---------|-----------------|
/// | input   | `[N, C, H, W]`  |
/// | weight  | `[O, C, k, k]`  |
/// | bias    | `[O]`, optional |
/// | result  | `[N, O, H, W]`  |
///
/// Source: `torch.nn.Conv2d` with `dilation` and `padding = dilation * (k / 2)`, as RIDNet has it.
package struct DilatedConv2D: Operator {
  package static let descriptor = OperatorDescriptor(
    "dilated_conv2d", field: 32, message: "DilatedConv2D",
    operands: [
      Operand("input"),
      Operand("weight", mayBeHalf: true),
      Operand("bias", isOptional: true),
    ],
    attributes: [
      AttributeField("kernel", .integer, 1),
      AttributeField("dilation", .integer, 2),
    ])

  /// Kernel side `k` in pixels, odd, at least 3.
  package let kernelSize: Int
  /// Pixels from one tap to the next, 2 to 4096; 1 is `conv2d`.
  package let dilation: Int

  /// A convolution of this kernel side and distance of taps; the type rule checks them.
  package init(kernelSize: Int, dilation: Int) {
    self.kernelSize = kernelSize
    self.dilation = dilation
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    kernelSize = try attributes.integer("kernel")
    dilation = try attributes.integer("dilation")
  }

  package var attributeValues: [AttributeValue?] { [.integer(kernelSize), .integer(dilation)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    guard kernelSize >= 3, kernelSize % 2 == 1 else {
      throw .attribute(name: "kernel", reason: "must be odd and 3 or more, is \(kernelSize)")
    }
    guard (2...4096).contains(dilation) else {
      throw .attribute(name: "dilation", reason: "must be 2 to 4096, is \(dilation)")
    }
    let (shape, channels) = try operands.image(0)
    let outputs = try operands.weight(1, [nil, channels, kernelSize, kernelSize])[0]
    if operands.has(2) { _ = try operands.weight(2, [outputs]) }
    return [image(shape[0], outputs, shape[2], shape[3])]
  }

  package static func payload(of op: Op) -> Self? {
    if case .dilatedConv2D(let payload) = op { payload } else { nil }
  }

  package var op: Op { .dilatedConv2D(self) }
}
