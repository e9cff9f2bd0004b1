import VMIRCore

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
public struct Conv2D: Operator {
  static let mnemonic = "conv2d"

  /// Kernel side `k` in pixels, odd.
  public let kernelSize: Int
  /// Divides both `C` and `O`; a depthwise convolution has `groups == C == O`.
  public let groups: Int

  /// A convolution of this kernel side and group count; the type rule checks them.
  public init(kernelSize: Int, groups: Int = 1) {
    self.kernelSize = kernelSize
    self.groups = groups
  }

  init(_ attributes: inout AttributeReader) throws(AttributeError) {
    kernelSize = try attributes.integer("kernel")
    groups = try attributes.integer("groups")
  }

  var attributes: [Attribute] {
    [Attribute("kernel", .integer(kernelSize)), Attribute("groups", .integer(groups))]
  }

  func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, ["input", "weight"], optional: ["bias"])
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
}
