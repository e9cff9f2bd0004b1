package import VMIRCore

/// 2-D cross-correlation with any kernel, strides, dilations, groups and padding.
///
/// An operator of its own, since a reader that knows `conv2d` alone must not take it for one. The
/// kernel spans `span = (k - 1) * dilation + 1` pixels of a side of `n` pixels that is padded by
/// `p`, both ends together, and makes `(n + p - span) / stride + 1` results, rounded down; `n + p`
/// is at least `span`. A side of free size must become a whole part of itself for each multiple of
/// the stride: `span - stride <= p < span`, and the result is `n / stride`; unless the convolution is
/// `rounded`, which takes any size.
///
/// Padding `zero` puts zeros around the input, `reflect` mirrors it at its outermost pixels (again
/// and again where it is smaller than the padding), `edge` repeats those.
///
/// | operand | type                              |
/// |---------|-----------------------------------|
/// | input   | `[N, C, H, W]`                    |
/// | weight  | `[O, C / groups, kh, kw]`         |
/// | bias    | `[O]`, optional                   |
/// | result  | `[N, O, H', W']`                  |
///
/// Source: ONNX `Conv` and `Pad`; `torch.nn.Conv2d`.
package struct GeneralConv2D: Operator {
  /// What is around the input.
  package enum Padding: String, CaseIterable, Sendable {
    case zero, reflect, edge
  }

  package static let descriptor = OperatorDescriptor(
    "general_conv2d", field: 35, message: "GeneralConv2D",
    operands: [
      Operand("input"),
      Operand("weight", mayBeHalf: true),
      Operand("bias", isOptional: true),
    ],
    attributes: [
      AttributeField("kernel", .integers, 1), AttributeField("strides", .integers, 2),
      AttributeField("dilations", .integers, 3), AttributeField("pads", .integers, 4),
      AttributeField("groups", .integer, 5), AttributeField("padding", .word, 6),
      AttributeField("rounded", .flag, 7, isOptional: true),
    ])

  /// Kernel sides `[kh, kw]` in pixels, 1 to 4096.
  package let kernel: [Int]
  /// Pixels from one result to the next, `[down, right]`, 1 to 4096.
  package let strides: [Int]
  /// Pixels from one tap to the next, `[down, right]`, 1 to 4096.
  package let dilations: [Int]
  /// Pixels of padding, `[top, left, bottom, right]`, up to 65536.
  package let pads: [Int]
  /// Divides both `C` and `O`.
  package let groups: Int
  /// `zero`, `reflect` or `edge`.
  package let padding: Padding
  /// Whether free sides that are no multiples of the stride are taken too.
  package let isRounded: Bool

  /// A convolution of these parameters; the type rule checks them.
  package init(
    kernel: [Int], strides: [Int] = [1, 1], dilations: [Int] = [1, 1], pads: [Int],
    groups: Int = 1, padding: Padding = .zero, isRounded: Bool = false
  ) {
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.pads = pads
    self.groups = groups
    self.padding = padding
    self.isRounded = isRounded
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    kernel = try attributes.integers("kernel")
    strides = try attributes.integers("strides")
    dilations = try attributes.integers("dilations")
    pads = try attributes.integers("pads")
    groups = try attributes.integer("groups")
    padding = try attributes.choice("padding", Padding.self)
    isRounded = try attributes.flagIfPresent("rounded") ?? false
  }

  package var attributeValues: [AttributeValue?] {
    [
      .integers(kernel), .integers(strides), .integers(dilations), .integers(pads),
      .integer(groups), .word(padding.rawValue), isRounded ? .flag(true) : nil,
    ]
  }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    guard groups > 0, channels % groups == 0 else {
      throw .attribute(name: "groups", reason: "must divide \(channels) channels, is \(groups)")
    }
    let window = Window(
      kernel: kernel, strides: strides, dilations: dilations, pads: pads, isRounded: isRounded)
    let (height, width) = try window.extents(shape)
    let outputs = try operands.weight(1, [nil, channels / groups, kernel[0], kernel[1]])[0]
    guard outputs % groups == 0 else {
      throw .attribute(name: "groups", reason: "must divide \(outputs) outputs, is \(groups)")
    }
    if operands.has(2) { _ = try operands.weight(2, [outputs]) }
    return [image(shape[0], outputs, height, width)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .generalConv2D(let payload) = op { payload } else { nil }
  }

  package var op: Op { .generalConv2D(self) }
}

/// What an operator looks at while it moves over an image.
struct Window {
  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  let pads: [Int]
  var isRounded = false

  /// Height and width of what it makes of `[N, C, H, W]`, after checking the attributes.
  func extents(_ shape: [Dim]) throws(TypeError) -> (height: Dim, width: Dim) {
    for (name, values) in [("kernel", kernel), ("strides", strides), ("dilations", dilations)] {
      guard values.count == 2, (1...4096).contains(values[0]), (1...4096).contains(values[1])
      else {
        throw .attribute(name: name, reason: "must be two counts, 1 to 4096")
      }
    }
    guard pads.count == 4, pads.allSatisfy({ (0...65536).contains($0) }) else {
      throw .attribute(name: "pads", reason: "must be four counts, 0 to 65536")
    }
    return (try extent(shape[2], 0), try extent(shape[3], 1))
  }

  private func extent(_ dim: Dim, _ axis: Int) throws(TypeError) -> Dim {
    let span = (kernel[axis] - 1) * dilations[axis] + 1
    let (room, stride) = (pads[axis] + pads[axis + 2] - span, strides[axis])
    if let count = dim.fixedCount {
      guard let padded = checkedSum(count, room), padded >= 0 else {
        throw .extent(operand: "input", axis: axis + 2, expected: "the kernel or more", found: dim)
      }
      return .fixed(padded / stride + 1)
    }
    if isRounded || dim.isRounded {
      guard let part = dim.quotient(adding: room + stride, by: stride) else {
        throw .attribute(name: "strides", reason: "of \(stride) make an extent too large")
      }
      return part
    }
    guard room < 0, room >= -stride else {
      throw .attribute(
        name: "pads", reason: "must make a free side a whole part of itself, its stride's")
    }
    guard let part = dim.divided(by: stride) else {
      throw .attribute(name: "strides", reason: "of \(stride) make an extent too large")
    }
    return part
  }
}
