import VMIRGraph

/// A dense 3x3 convolution and what follows it: `image + scale * prelu(convolution)`.
struct ConvolutionGroup: Equatable, Sendable {
  /// The convolution.
  let convolution: NodeID
  /// The PReLU.
  var activation: NodeID?
  /// What the result is multiplied with before the image is added.
  var scale: Float = 1
  /// What is added.
  var image: ValueID?
}

extension FusionMatcher {
  /// A PReLU of a convolution.
  func matchActivated(_ id: NodeID) -> (FusedGroup, [NodeID])? {
    guard let convolution = soleConvolution(graph[id].operands[0]) else { return nil }
    return (
      .convolution(ConvolutionGroup(convolution: convolution, activation: id)), [convolution]
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
    switch weights[group.convolution] {
    case .convolutions(let parts):
      guard parts.count == 1 else { throw unsupported(group.convolution) }
      try addConvolution(group.convolution, parts, factor: 1, epilogue, result: result)
    case .winograd(let packed):
      guard packed.factor == 1 else { throw unsupported(group.convolution) }
      try addWinograd(group.convolution, packed, epilogue, result: result)
    case .none, .matrices, .taps, .integerConvolutions, .channels, .omniScan, .channelScan:
      throw unsupported(group.convolution)
    }
  }
}
