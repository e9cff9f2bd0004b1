import VMIRGraph

extension GELU: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addUnary(.gelu, id)
  }

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    guard let conv = matcher.soleProducer(matcher.graph[id].operands[0]),
      !matcher.isQuantized(conv)
    else { return nil }
    if matcher.isDepthwise(conv) {
      return (.activatedDepthwise(convolution: conv, isGELU: true), [conv])
    }
    guard matcher.isProduct(conv) else { return nil }
    let norm = matcher.soleNorm(matcher.graph[conv].operands[0])
    return (.activatedProduct(convolution: conv, norm: norm), [conv] + (norm.map { [$0] } ?? []))
  }
}
