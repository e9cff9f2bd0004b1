import VMIRGraph

extension Op {
  /// Computes the operator.
  ///
  /// - Parameter operands: Tensors of types that the operator's rule accepts.
  /// - Returns: The results, one tensor for each.
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    func optional(_ index: Int) -> ReferenceTensor<Scalar>? {
      index < operands.count ? operands[index] : nil
    }
    let input = operands[0]
    switch self {
    case .conv2D(let op):
      return [input.conv2d(weight: operands[1], bias: optional(2), groups: op.groups)]
    case .quantizedConv2D(let op):
      return [
        input.quantizedConv2d(
          op, weight: operands[1], weightScale: operands[2],
          smoothing: op.smoothingPosition.map { operands[$0] }, bias: optional(op.biasPosition))
      ]
    case .dequantize: return [input.dequantized(scale: operands[1])]
    case .layerNorm(let op):
      return [
        input.layerNorm(
          weight: operands[1], bias: optional(2), centred: op.isCentred,
          epsilon: Scalar(op.epsilon))
      ]
    case .silu: return [input.silu()]
    case .gelu: return [input.gelu()]
    case .sigmoid: return [input.sigmoid()]
    case .prelu: return [input.prelu(slope: operands[1])]
    case .add: return [input.adding(operands[1])]
    case .multiply: return [input.multiplied(by: operands[1])]
    case .splitChannels(let op): return input.splitChannels(op.counts)
    case .concatChannels: return [ReferenceTensor.concatChannels(operands)]
    case .pixelShuffle(let op): return [input.pixelShuffle(op.factor)]
    case .pixelUnshuffle(let op): return [input.pixelUnshuffle(op.factor)]
    case .globalAveragePool: return [input.globalAveragePool()]
    case .resizeNearest(let op): return [input.resizeNearest(op.factor)]
    case .omniScan:
      // The projection acts on single pixels, so it is a 1x1 convolution of all directions at once.
      let weight = operands[1]
      let projection = input.conv2d(
        weight: weight.reshaped([weight.shape[0] * weight.shape[1], weight.shape[2], 1, 1]))
      return [input.omniScan(projection: projection, weights: scanWeights(operands))]
    case .channelScan:
      return [
        input.channelScan(
          ReferenceChannelScanWeights(
            inputWeight: optional(6), inputBias: optional(7), projectionWeight: operands[1],
            scan: scanWeights(operands), outputWeight: optional(8), outputBias: optional(9)))
      ]
    }
  }
}

/// Operands 2 to 5 of both scans.
private func scanWeights<Scalar>(
  _ operands: [ReferenceTensor<Scalar>]
) -> ReferenceScanWeights<Scalar> {
  ReferenceScanWeights(
    deltaWeight: operands[2], deltaBias: operands[3], aLog: operands[4], d: operands[5])
}
