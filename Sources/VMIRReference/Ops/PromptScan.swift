import VMIRGraph

extension PromptScan: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let (input, token, weight, prompt) = (operands[0], operands[1], operands[2], operands[7])
    let (rows, count) = (weight.shape[1], weight.shape[2])
    let states = prompt.shape[1]
    let projection = input.conv2d(weight: weight.reshaped([rows, count, 1, 1]))
    let weights = ReferenceScanWeights(
      deltaWeight: operands[3], deltaBias: operands[4], aLog: operands[5], d: operands[6])
    let places = ReferenceTensor<Scalar>.scanOrder(
      direction: 0, height: input.shape[2], width: input.shape[3])
    var result = ReferenceTensor<Scalar>(zeros: input.shape)
    for n in 0..<input.shape[0] {
      let tokens = places.map { pixel -> Int in
        let value = Double(token[n, 0, pixel.h, pixel.w])
        return value.isNaN ? 0 : Int(min(max(value, 0), Double(prompt.shape[0] - 1)))
      }
      // By the pixel too, so that the order of equal tokens is that of the image.
      let order = places.indices.sorted { (tokens[$0], $0) < (tokens[$1], $1) }.map { places[$0] }
      var projected = projection.sequence(n, channels: 0..<rows, order: order)
      for l in order.indices {
        for s in 0..<states { projected[rows - states + s, l] += prompt[tokens[l], s] }
      }
      let scanned = weights.scan(
        direction: 0, u: input.sequence(n, channels: 0..<count, order: order),
        projection: projected)
      for c in 0..<count {
        for (l, pixel) in order.enumerated() { result[n, c, pixel.h, pixel.w] = scanned[c, l] }
      }
    }
    return [result]
  }
}
