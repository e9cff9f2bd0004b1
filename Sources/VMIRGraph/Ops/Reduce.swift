package import VMIRCore

/// One number of all pixels of each channel, or of all channels of each pixel.
///
/// | operand | type                                                        |
/// |---------|-------------------------------------------------------------|
/// | input   | `[N, C, H, W]`                                              |
/// | result  | `[N, C, 1, 1]` over `pixels`, `[N, 1, H, W]` over `channels` |
///
/// Source: ONNX `ReduceSum`, `ReduceSumSquare`, `ReduceMax`.
package struct Reduce: Operator {
  /// How elements are joined.
  package enum Function: String, CaseIterable, Sendable {
    case sum
    case sumSquare = "sum_square"
    case max
  }

  /// What is reduced.
  package enum Axes: String, CaseIterable, Sendable {
    case pixels, channels
  }

  package static let descriptor = OperatorDescriptor(
    "reduce", field: 51, message: "Reduce",
    operands: [Operand("input")],
    attributes: [AttributeField("function", .word, 1), AttributeField("over", .word, 2)])

  /// `sum`, `sum_square` (of the squares) or `max`.
  package let function: Function
  /// `pixels` or `channels`.
  package let axes: Axes

  /// A reduction.
  package init(_ function: Function, over axes: Axes) {
    self.function = function
    self.axes = axes
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    function = try attributes.choice("function", Function.self)
    axes = try attributes.choice("over", Axes.self)
  }

  package var attributeValues: [AttributeValue?] {
    [.word(function.rawValue), .word(axes.rawValue)]
  }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    let (shape, channels) = try operands.image(0)
    switch axes {
    case .pixels: return [image(shape[0], channels, .fixed(1), .fixed(1))]
    case .channels: return [image(shape[0], 1, shape[2], shape[3])]
    }
  }

  package static func payload(of op: Op) -> Self? {
    if case .reduce(let payload) = op { payload } else { nil }
  }

  package var op: Op { .reduce(self) }
}
