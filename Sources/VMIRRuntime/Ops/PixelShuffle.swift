import VMIRGraph

extension PixelShuffle: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addRearrange(.pixelShuffle, factor, id)
  }

  /// Least channels of the result that are made in their places: of fewer, the convolution to all of
  /// them at once and a shuffle after it is faster.
  private static let minimumChannels = 16

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    guard let conv = matcher.soleProducer(matcher.graph[id].operands[0]),
      matcher.isShuffled(conv),
      matcher.isQuantized(conv)
        || matcher.channels(of: matcher.graph[id].results[0])
          >= PixelShuffle.minimumChannels
    else { return nil }
    return (.shuffledConvolution(convolution: conv), [conv])
  }
}
