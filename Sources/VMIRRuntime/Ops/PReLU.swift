import VMIRGraph

extension PReLU: PlannedOperator {
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    .channels(try layout.plain(layout.graph.nodes[index], 1), bias: nil)
  }

  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph.nodes[index]
    guard case .channels(let slope, _) = builder.weights.nodes[index] else {
      throw builder.unsupported(index)
    }
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    builder.append(
      .prelu(PReLUStep(x: x, y: y, slope: slope)), [x, y], cost: 2 * builder.elements(x))
  }

  func fusedGroup(endingAt index: Int, _ matcher: FusionMatcher) -> (FusedGroup, [Int])? {
    matcher.matchActivated(index)
  }
}
