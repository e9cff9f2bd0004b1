package import VMIRCore

/// Normalisation of each pixel over its channels with the biased variance about the mean.
///
/// Centred: `(x - mean) / sqrt(variance + epsilon) * weight + bias`; else the mean is not
/// subtracted from the numerator.
///
/// | operand | type            |
/// |---------|-----------------|
/// | input   | `[N, C, H, W]`  |
/// | weight  | `[C]`           |
/// | bias    | `[C]`, optional |
/// | result  | `[N, C, H, W]`  |
///
/// Source: `WithBias_LayerNorm` (centred) and `BiasFree_LayerNorm` (not centred) of Restormer, as
/// VmambaIR uses them.
package struct LayerNorm: Operator {
  package static let descriptor = OperatorDescriptor(
    "layer_norm", field: 11, message: "LayerNorm",
    operands: [Operand("input"), Operand("weight"), Operand("bias", isOptional: true)],
    attributes: [AttributeField("centred", .flag, 1), AttributeField("epsilon", .float, 2)])

  /// Whether the mean is subtracted.
  package let isCentred: Bool
  /// Added to the variance, positive.
  package let epsilon: Float

  /// A normalisation; PyTorch's epsilon is 1e-5.
  package init(isCentred: Bool, epsilon: Float = 1e-5) {
    self.isCentred = isCentred
    self.epsilon = epsilon
  }

  package init(_ attributes: inout AttributeReader) throws(AttributeError) {
    isCentred = try attributes.flag("centred")
    epsilon = try attributes.float("epsilon")
  }

  package var attributeValues: [AttributeValue?] { [.flag(isCentred), .float(epsilon)] }

  package func resultTypes(_ operands: [TensorType]) throws(TypeError) -> [TensorType] {
    let operands = try OperandTypes(operands, Self.descriptor)
    guard epsilon > 0, epsilon.isFinite else {
      throw .attribute(name: "epsilon", reason: "must be positive and finite")
    }
    let (shape, channels) = try operands.image(0)
    _ = try operands.weight(1, [channels])
    if operands.has(2) { _ = try operands.weight(2, [channels]) }
    return [TensorType(.float32, shape)]
  }

  package static func payload(of op: Op) -> Self? {
    if case .layerNorm(let payload) = op { payload } else { nil }
  }

  package var op: Op { .layerNorm(self) }
}
