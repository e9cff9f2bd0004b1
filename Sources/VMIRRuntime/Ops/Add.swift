import VMIRGraph

extension Add: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    try builder.addBinary(.add, node.operands[0], node.operands[1], node)
  }

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    let node = matcher.graph[id]
    return matcher.matchFeedForward(node) ?? matcher.matchAttentionResidual(id)
      ?? matcher.matchWindowAttention(node) ?? matcher.matchMLP(node)
      ?? matcher.matchScaledSum(node) ?? matcher.matchAddedDepthwise(node)
      ?? matcher.matchResidual(node)
  }
}
