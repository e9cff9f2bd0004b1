import VMIRGraph

extension LocalAveragePool: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    [operands[0].localAveragePool(windowHeight: windowHeight, windowWidth: windowWidth)]
  }
}

extension ReferenceTensor {
  /// Mean of each channel over a window that stays inside the image.
  ///
  /// Source: `AvgPool2d` of NAFNet's `local_arch`.
  package func localAveragePool(windowHeight: Int, windowWidth: Int) -> ReferenceTensor {
    let (height, width) = (shape[2], shape[3])
    let (rows, columns) = (min(windowHeight, height), min(windowWidth, width))
    var result = self
    func start(_ position: Int, _ window: Int, _ side: Int) -> Int {
      min(max(position - (window - 1) / 2, 0), side - window)
    }
    for index in elements.indices {
      let (x, y) = (index % width, index / width % height)
      let plane = index / (width * height) * width * height
      let (top, left) = (start(y, rows, height), start(x, columns, width))
      var sum = 0.0
      for row in top..<top + rows {
        for column in left..<left + columns {
          sum += Double(elements[plane + row * width + column])
        }
      }
      result.elements[index] = Scalar(sum / Double(rows * columns))
    }
    return result
  }
}
