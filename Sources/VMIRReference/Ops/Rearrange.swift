import VMIRGraph

extension Rearrange: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let x = operands[0]
    let count = extents.reduce(1, *)
    var y = ReferenceTensor<Scalar>(zeros: [x.shape[0]] + shape)
    for n in 0..<x.shape[0] {
      for place in 0..<count {
        // Digits of the place in the transposed extents, and the place that they have in the input.
        var digits = [Int](repeating: 0, count: extents.count)
        var rest = place
        for axis in order.reversed() {
          digits[axis] = rest % extents[axis]
          rest /= extents[axis]
        }
        var source = 0
        for (digit, extent) in zip(digits, extents) { source = source * extent + digit }
        y.elements[n * count + place] = x.elements[n * count + source]
      }
    }
    return [y]
  }
}
