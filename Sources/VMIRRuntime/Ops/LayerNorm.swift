import VMIRGraph

extension LayerNorm: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph[id]
    return .channels(
      try layout.plain(node, 1), bias: node.operands.count > 2 ? try layout.plain(node, 2) : nil)
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    builder.append(
      .layerNorm(LayerNormStep(x: x, y: y, norm: try builder.norm(id))), [x, y],
      cost: 8 * builder.elements(x))
  }
}
