import VMIRGraph

extension GlobalAveragePool: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].globalAveragePool()]
  }
}

extension ReferenceTensor {
  /// Mean of each channel over the image, `[N, C, 1, 1]`.
  ///
  /// Source: `torch.nn.AdaptiveAvgPool2d(1)`.
  package func globalAveragePool() -> ReferenceTensor {
    let pixelCount = shape[2] * shape[3]
    var result = ReferenceTensor(zeros: [shape[0], shape[1], 1, 1])
    for row in result.elements.indices {
      let pixels = elements[row * pixelCount..<(row + 1) * pixelCount]
      result.elements[row] = pixels.reduce(0, +) / Scalar(pixelCount)
    }
    return result
  }
}
