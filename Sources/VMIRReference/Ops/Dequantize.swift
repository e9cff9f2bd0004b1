import VMIRGraph

extension Dequantize: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].dequantized(scale: operands[1])]
  }
}

extension ReferenceTensor {
  /// A weight stored as integers, self of any shape, times a scale for each of its first places.
  ///
  /// Source: ONNX `DequantizeLinear` without a zero point.
  /// - Parameter scale: Its extents are the first ones of self.
  /// - Returns: A tensor of the shape of self.
  package func dequantized(scale: ReferenceTensor) -> ReferenceTensor {
    let behind = shape.dropFirst(scale.shape.count).reduce(1, *)
    var result = self
    for index in elements.indices { result.elements[index] *= scale.elements[index / behind] }
    return result
  }
}
