import VMIRGraph

extension PixelShuffle: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addRearrange(.pixelShuffle, factor, id)
  }

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    guard let convolution = matcher.shuffledConvolution(id) else { return nil }
    return (.convolution(ConvolutionGroup(convolution: convolution, shuffle: id)), [convolution])
  }
}
