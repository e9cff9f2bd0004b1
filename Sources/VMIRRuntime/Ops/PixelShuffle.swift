import VMIRGraph

extension PixelShuffle: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addRearrange(.pixelShuffle, factor, index)
  }

  func fusedGroup(endingAt index: Int, _ matcher: FusionMatcher) -> (FusedGroup, [Int])? {
    guard let conv = matcher.soleProducer(matcher.graph.nodes[index].operands[0]),
      matcher.isShuffled(conv)
    else { return nil }
    return (.shuffledConvolution(convolution: conv), [conv])
  }
}
