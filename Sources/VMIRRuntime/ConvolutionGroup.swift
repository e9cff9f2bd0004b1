import VMIRGraph

/// A dense 3x3 convolution and what follows it: `image + scale * prelu(shuffle(convolution))`.
struct ConvolutionGroup: Equatable, Sendable {
  /// The convolution.
  let convolution: NodeID
  /// The pixel shuffle.
  var shuffle: NodeID?
  /// The PReLU.
  var activation: NodeID?
  /// What the result is multiplied with before the image is added.
  var scale: Float = 1
  /// What is added.
  var image: ValueID?
}

extension FusionMatcher {
  /// Least channels of a shuffled result that are made in their places: of fewer, the convolution to
  /// all of them at once and a shuffle after it is faster.
  private static let minimumShuffledChannels = 16

  /// The convolution whose result a pixel shuffle takes, where it can put it there itself.
  func shuffledConvolution(_ shuffle: NodeID) -> NodeID? {
    guard let convolution = soleProducer(graph[shuffle].operands[0]), isShuffled(convolution),
      isQuantized(convolution)
        || channels(of: graph[shuffle].results[0]) >= FusionMatcher.minimumShuffledChannels
    else { return nil }
    return convolution
  }

  /// A PReLU of a convolution, which may be shuffled.
  func matchActivated(_ id: NodeID) -> (FusedGroup, [NodeID])? {
    let value = graph[id].operands[0]
    if let convolution = soleConvolution(value) {
      return (
        .convolution(ConvolutionGroup(convolution: convolution, activation: id)), [convolution]
      )
    }
    guard let shuffle = soleProducer(value), case .pixelShuffle = graph[shuffle].op,
      let convolution = shuffledConvolution(shuffle), !isQuantized(convolution)
    else { return nil }
    return (
      .convolution(
        ConvolutionGroup(convolution: convolution, shuffle: shuffle, activation: id)),
      [shuffle, convolution]
    )
  }

  /// `convolution * alpha + image`.
  func matchScaled(_ id: NodeID, _ alpha: Float) -> (FusedGroup, [NodeID])? {
    let node = graph[id]
    guard node.operands[0] != node.operands[1],
      let convolution = soleConvolution(node.operands[0])
    else { return nil }
    return (
      .convolution(
        ConvolutionGroup(convolution: convolution, scale: alpha, image: node.operands[1])),
      [convolution]
    )
  }

  /// A dense convolution in floating point that alone makes a value, to more channels than are
  /// computed as taps.
  private func soleConvolution(_ value: ValueID) -> NodeID? {
    guard let convolution = soleProducer(value), isShuffled(convolution),
      !isQuantized(convolution)
    else { return nil }
    return convolution
  }
}

extension PlanBuilder {
  /// A convolution with its epilogue.
  mutating func add(_ group: ConvolutionGroup, result: ValueID) throws(PlanError) {
    var epilogue = ConvolutionEpilogue()
    epilogue.scale = group.scale
    if let activation = group.activation {
      guard case .channels(let slope, _) = weights[activation] else {
        throw unsupported(activation)
      }
      epilogue.slope = slope
    }
    if let image = group.image { epilogue.residual = try view(image) }
    let factor = group.shuffle.map(shuffleFactor) ?? 1
    switch weights[group.convolution] {
    case .convolutions(let parts):
      guard parts.count == factor * factor else { throw unsupported(group.convolution) }
      try addConvolution(group.convolution, parts, factor: factor, epilogue, result: result)
    case .winograd(let packed):
      guard packed.factor == factor else { throw unsupported(group.convolution) }
      try addWinograd(group.convolution, packed, epilogue, result: result)
    case .integerConvolutions(let parts, let quantization, let kernelSize):
      guard group.activation == nil, group.scale == 1 else { throw unsupported(group.convolution) }
      try addInt8Convolution(
        group.convolution, parts, quantization, kernelSize: kernelSize, factor: factor,
        residual: epilogue.residual, result: result)
    case .none, .matrices, .taps, .channels, .omniScan, .channelScan:
      throw unsupported(group.convolution)
    }
  }

  private func shuffleFactor(_ id: NodeID) -> Int {
    if case .pixelShuffle(let op) = graph[id].op { op.factor } else { 1 }
  }
}
