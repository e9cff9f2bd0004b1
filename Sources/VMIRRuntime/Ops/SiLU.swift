import VMIRGraph

extension SiLU: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addUnary(.silu, index)
  }

  func fusedGroup(endingAt index: Int, _ matcher: FusionMatcher) -> (FusedGroup, [Int])? {
    guard let conv = matcher.soleProducer(matcher.graph.nodes[index].operands[0]) else {
      return nil
    }
    if case .causalLineConv = matcher.graph.nodes[conv].op {
      return (.activatedLine(convolution: conv), [conv])
    }
    guard matcher.isDepthwise(conv) else { return nil }
    return (.activatedDepthwise(convolution: conv, isGELU: false), [conv])
  }
}
