import VMIRGraph

extension MaxPool2D: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let x = operands[0]
    let sides = (0..<2).map { axis in
      let span = (kernel[axis] - 1) * dilations[axis] + 1
      return (x.shape[axis + 2] + pads[axis] + pads[axis + 2] - span) / strides[axis] + 1
    }
    var y = ReferenceTensor<Scalar>(zeros: [x.shape[0], x.shape[1], sides[0], sides[1]])
    for n in 0..<x.shape[0] {
      for c in 0..<x.shape[1] {
        for h in 0..<sides[0] {
          for w in 0..<sides[1] {
            var greatest: Scalar?
            for dy in 0..<kernel[0] {
              for dx in 0..<kernel[1] {
                let row = h * strides[0] + dy * dilations[0] - pads[0]
                let column = w * strides[1] + dx * dilations[1] - pads[1]
                guard row >= 0, row < x.shape[2], column >= 0, column < x.shape[3] else {
                  continue
                }
                greatest = max(greatest ?? x[n, c, row, column], x[n, c, row, column])
              }
            }
            y[n, c, h, w] = greatest ?? -.infinity
          }
        }
      }
    }
    return [y]
  }
}
