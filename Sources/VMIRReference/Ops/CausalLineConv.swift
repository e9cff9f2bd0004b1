import VMIRGraph

extension CausalLineConv: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let (input, weight) = (operands[0], operands[1])
    let (channels, width) = (input.shape[1], input.shape[3])
    let (length, taps) = (input.shape[2] * width, weight.shape[2])
    var result = ReferenceTensor<Scalar>(zeros: input.shape)
    for n in 0..<input.shape[0] {
      for c in 0..<channels {
        for l in 0..<length {
          var sum = operands.optional(2)?.elements[c] ?? 0
          for t in 0..<taps where l + t >= taps - 1 {
            let from = l + t - (taps - 1)
            sum += weight[c, 0, t] * input[n, c, from / width, from % width]
          }
          result[n, c, l / width, l % width] = sum
        }
      }
    }
    return [result]
  }
}
