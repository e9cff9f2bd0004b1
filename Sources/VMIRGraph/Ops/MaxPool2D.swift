package import VMIRCore

/// The greatest element of each channel in a window that moves over the image.
///
/// Sides of the result as `general_conv2d` has them. Pixels of the padding are never the greatest;
/// each window has a pixel of the image, so each of the four paddings is smaller than the window.
///
/// | operand | type             |
/// |---------|------------------|
/// | input   | `[N, C, H, W]`   |
/// | result  | `[N, C, H', W']` |
///
/// Source: ONNX `MaxPool`; `torch.nn.MaxPool2d`.
package struct MaxPool2D: Operator {
  package static let descriptor = OperatorDescriptor(
    "max_pool2d", field: 40, message: "MaxPool2D",
    operands: [Operand("input")],
    attributes: [
      AttributeField("kernel", .integers, 1), AttributeField("strides", .integers, 2),
      AttributeField("dilations", .integers, 3), AttributeField("pads", .integers, 4),
    ])

  /// Sides of the window `[kh, kw]` in pixels, 1 to 4096.
  package let kernel: [Int]
  /// Pixels from one result to the next, `[down, right]`, 1 to 4096.
  package let strides: [Int]
  /// Pixels from one pixel of the window to the next, `[down, right]`, 1 to 4096.
  package let dilations: [Int]
  /// Pixels of padding, `[top, left, bottom, right]`, each below the kernel's side.
  package let pads: [Int]

  /// A pooling of these parameters; the type rule checks them.
  package init(kernel: [Int], strides: [Int], dilations: [Int] = [1, 1], pads: [Int]) {
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.pads = pads
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    kernel = try attributes.integers("kernel")
    strides = try attributes.integers("strides")
    dilations = try attributes.integers("dilations")
    pads = try attributes.integers("pads")
  }

  package var attributeValues: [AttributeValue?] {
    [.integers(kernel), .integers(strides), .integers(dilations), .integers(pads)]
  }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    let window = Window(kernel: kernel, strides: strides, dilations: dilations, pads: pads)
    let (height, width) = try window.extents(shape)
    for (index, pad) in pads.enumerated() where pad >= kernel[index % 2] {
      throw .attribute(name: "pads", reason: "must be smaller than the kernel, one is \(pad)")
    }
    return [image(shape[0], channels, height, width)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .maxPool2D(let payload) = op { payload } else { nil }
  }

  package var op: Op { .maxPool2D(self) }
}
