package import VMIRCore

/// 2-D cross-correlation, stride 1, zero padding `k / 2`, so H and W stay.
///
/// | operand | type                    |
/// |---------|-------------------------|
/// | input   | `[N, C, H, W]`          |
/// | weight  | `[O, C / groups, k, k]` |
/// | bias    | `[O]`, optional         |
/// | result  | `[N, O, H, W]`          |
///
/// Source: `torch.nn.Conv2d` as VmambaIR builds it.
package struct Conv2D: Operator {
  package static let descriptor = OperatorDescriptor(
    "conv2d", field: 10, message: "Conv2D",
    operands: [
      Operand("input"),
      Operand("weight", mayBeHalf: true),
      Operand("bias", isOptional: true),
    ],
    attributes: [
      AttributeField("kernel", .integer, 1),
      AttributeField("groups", .integer, 2),
    ])

  /// Kernel side `k` in pixels, odd.
  package let kernelSize: Int
  /// Divides both `C` and `O`; a depthwise convolution has `groups == C == O`.
  package let groups: Int

  /// A convolution of this kernel side and group count; the type rule checks them.
  package init(kernelSize: Int, groups: Int = 1) {
    self.kernelSize = kernelSize
    self.groups = groups
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    kernelSize = try attributes.integer("kernel")
    groups = try attributes.integer("groups")
  }

  package var attributeValues: [AttributeValue?] { [.integer(kernelSize), .integer(groups)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    guard kernelSize > 0, kernelSize % 2 == 1 else {
      throw .attribute(name: "kernel", reason: "must be odd, is \(kernelSize)")
    }
    let (shape, channels) = try operands.image(0)
    guard groups > 0, channels % groups == 0 else {
      throw .attribute(name: "groups", reason: "must divide \(channels) channels, is \(groups)")
    }
    let weight = try operands.weight(1, [nil, channels / groups, kernelSize, kernelSize])
    guard weight[0] % groups == 0 else {
      throw .attribute(name: "groups", reason: "must divide \(weight[0]) outputs, is \(groups)")
    }
    if operands.has(2) { _ = try operands.weight(2, [weight[0]]) }
    return [image(shape[0], weight[0], shape[2], shape[3])]
  }

  package static func payload(of op: Op) -> Self? {
    if case .conv2D(let payload) = op { payload } else { nil }
  }

  package var op: Op { .conv2D(self) }
}
