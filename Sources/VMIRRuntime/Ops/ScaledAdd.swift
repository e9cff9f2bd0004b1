import VMIRGraph

extension ScaledAdd: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph.nodes[index]
    let (a, b) = (try builder.view(node.operands[0]), try builder.view(node.operands[1]))
    let y = try builder.define(node.results[0])
    builder.append(
      .scaledAdd(ScaledAddStep(alpha: alpha, a: a, b: b, y: y)), [a, b, y],
      cost: builder.elements(y))
  }

  func fusedGroup(endingAt index: Int, _ matcher: FusionMatcher) -> (FusedGroup, [Int])? {
    matcher.matchScaled(index, alpha)
  }
}
