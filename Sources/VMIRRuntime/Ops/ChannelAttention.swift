import VMIRGraph

extension ChannelAttention: PlannedOperator {
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    .channels(try layout.plain(layout.graph.nodes[index], 1), bias: nil)
  }

  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.add(
      ChannelAttentionGroup(attention: index), result: builder.graph.nodes[index].results[0])
  }

  func fusedGroup(endingAt index: Int, _ matcher: FusionMatcher) -> (FusedGroup, [Int])? {
    matcher.matchAttention(index)
  }
}
