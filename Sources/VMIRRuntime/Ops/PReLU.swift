import VMIRGraph

extension PReLU: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    .channels(try layout.slopes(of: id), bias: nil)
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    guard case .channels(let slope, _) = builder.weights[id] else {
      throw builder.unsupported(id)
    }
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    builder.append(
      .prelu(PReLUStep(x: x, y: y, slope: slope)), [x, y], cost: 2 * builder.elements(x))
  }

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    matcher.matchActivated(id)
  }
}
