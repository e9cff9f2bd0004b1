import VMIRGraph

extension ScaledAdd: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let (a, b) = (try builder.view(node.operands[0]), try builder.view(node.operands[1]))
    let y = try builder.define(node.results[0])
    builder.append(
      .scaledAdd(ScaledAddStep(alpha: alpha, a: a, b: b, y: y)), [a, b, y],
      cost: builder.elements(y))
  }

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    matcher.matchScaled(id, alpha)
  }
}
