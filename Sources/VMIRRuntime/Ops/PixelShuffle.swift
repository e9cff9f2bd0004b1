import VMIRGraph

extension PixelShuffle: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addRearrange(.pixelShuffle, factor, index)
  }

  /// Least channels of the result that are made in their places: of fewer, the convolution to all of
  /// them at once and a shuffle after it is faster.
  private static let minimumChannels = 16

  func fusedGroup(endingAt index: Int, _ matcher: FusionMatcher) -> (FusedGroup, [Int])? {
    guard let conv = matcher.soleProducer(matcher.graph.nodes[index].operands[0]),
      matcher.isShuffled(conv),
      matcher.isQuantized(conv)
        || matcher.channels(of: matcher.graph.nodes[index].results[0])
          >= PixelShuffle.minimumChannels
    else { return nil }
    return (.shuffledConvolution(convolution: conv), [conv])
  }
}
