import VMIRGraph

extension ChannelAffine: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].channelAffine(scale: operands[1], shift: operands[2])]
  }
}

extension ReferenceTensor {
  /// `x * scale[c] + shift[c]`, of `[N, C, H, W]`.
  ///
  /// Source: `MeanShift` of EDSR, a 1x1 convolution with a diagonal weight.
  ///
  /// - Parameters:
  ///   - scale: `[C]`.
  ///   - shift: `[C]`.
  /// - Returns: `[N, C, H, W]`.
  package func channelAffine(scale: ReferenceTensor, shift: ReferenceTensor) -> ReferenceTensor {
    var result = self
    let plane = shape[2] * shape[3]
    for index in elements.indices {
      let channel = index / plane % shape[1]
      result.elements[index] =
        elements[index] * scale.elements[channel] + shift.elements[channel]
    }
    return result
  }
}
