extension ReferenceTensor {
  /// Each pair of elements combined; an axis of extent 1 on one side is repeated.
  func combined(
    with other: ReferenceTensor, _ body: (Scalar, Scalar) -> Scalar
  ) -> ReferenceTensor {
    // Extents of the result; an axis of extent 1 repeats its only index.
    let extents = zip(shape, other.shape).map { $0 == 1 ? $1 : $0 }
    var result = ReferenceTensor(zeros: extents)
    for index in result.elements.indices {
      let left = elements[ReferenceTensor.source(of: index, in: extents, from: shape)]
      let right = other.elements[ReferenceTensor.source(of: index, in: extents, from: other.shape)]
      result.elements[index] = body(left, right)
    }
    return result
  }

  private static func source(of index: Int, in extents: [Int], from shape: [Int]) -> Int {
    var (rest, stride, result) = (index, 1, 0)
    for axis in extents.indices.reversed() {
      let position = rest % extents[axis]
      rest /= extents[axis]
      if shape[axis] != 1 { result += position * stride }
      stride *= shape[axis]
    }
    return result
  }
}
