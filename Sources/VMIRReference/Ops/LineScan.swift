import VMIRGraph

extension LineScan: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let (input, weight) = (operands[0], operands[1])
    let (rows, count) = (weight.shape[1], weight.shape[2])
    let projection = input.conv2d(weight: weight.reshaped([rows, count, 1, 1]))
    let weights = ReferenceScanWeights(operands)
    let order = ReferenceTensor<Scalar>.scanOrder(
      direction: 0, height: input.shape[2], width: input.shape[3])
    var result = ReferenceTensor<Scalar>(zeros: input.shape)
    for n in 0..<input.shape[0] {
      let scanned = weights.scan(
        direction: 0, u: input.sequence(n, channels: 0..<count, order: order),
        projection: projection.sequence(n, channels: 0..<rows, order: order))
      for c in 0..<count {
        for (l, pixel) in order.enumerated() { result[n, c, pixel.h, pixel.w] = scanned[c, l] }
      }
    }
    return [result]
  }
}
