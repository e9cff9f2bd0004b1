import VMIRGraph

extension ChannelAttention: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    .channels(try layout.plain(layout.graph[id], 1), bias: nil)
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.add(
      ChannelAttentionGroup(attention: id), result: builder.graph[id].results[0])
  }

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    matcher.matchChannelAttention(id)
  }
}
