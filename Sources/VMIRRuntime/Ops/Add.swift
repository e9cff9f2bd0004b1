import VMIRGraph

extension Add: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph.nodes[index]
    try builder.addBinary(.add, node.operands[0], node.operands[1], node)
  }

  func fusedGroup(endingAt index: Int, _ matcher: FusionMatcher) -> (FusedGroup, [Int])? {
    let node = matcher.graph.nodes[index]
    return matcher.matchFeedForward(node) ?? matcher.matchScaledSum(node)
      ?? matcher.matchAddedDepthwise(node)
      ?? matcher.matchResidual(node)
  }
}
