import VMIRGraph

extension GELU: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addUnary(.gelu, index)
  }

  func fusedGroup(endingAt index: Int, _ matcher: FusionMatcher) -> (FusedGroup, [Int])? {
    guard let conv = matcher.soleProducer(matcher.graph.nodes[index].operands[0]),
      !matcher.isQuantized(conv)
    else { return nil }
    if matcher.isDepthwise(conv) {
      return (.activatedDepthwise(convolution: conv, isGELU: true), [conv])
    }
    guard matcher.isProduct(conv) else { return nil }
    let norm = matcher.soleNorm(matcher.graph.nodes[conv].operands[0])
    return (.activatedProduct(convolution: conv, norm: norm), [conv] + (norm.map { [$0] } ?? []))
  }
}
