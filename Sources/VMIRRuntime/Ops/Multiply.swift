import VMIRGraph

extension Multiply: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    try builder.addBinary(.multiply, node.operands[0], node.operands[1], node)
  }

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    let node = matcher.graph[id]
    return matcher.matchNormGate(node) ?? matcher.matchGate(node)
  }
}
