import VMIRGraph

extension SiLU: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addUnary(.silu, id)
  }

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    guard let conv = matcher.soleProducer(matcher.graph[id].operands[0]) else {
      return nil
    }
    if case .causalLineConv = matcher.graph[conv].op {
      return (.activatedLine(convolution: conv), [conv])
    }
    guard matcher.isDepthwise(conv) else { return nil }
    return (.activatedDepthwise(convolution: conv, isGELU: false), [conv])
  }
}
