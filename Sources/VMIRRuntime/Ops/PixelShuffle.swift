import VMIRGraph

extension PixelShuffle: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addRearrange(.pixelShuffle, factor, id)
  }

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    guard let conv = matcher.soleProducer(matcher.graph[id].operands[0]),
      matcher.isShuffled(conv)
    else { return nil }
    return (.shuffledConvolution(convolution: conv), [conv])
  }
}
