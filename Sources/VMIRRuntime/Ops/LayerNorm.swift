import VMIRGraph

extension LayerNorm: PlannedOperator {
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph.nodes[index]
    return .channels(
      try layout.plain(node, 1), bias: node.operands.count > 2 ? try layout.plain(node, 2) : nil)
  }

  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph.nodes[index]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    builder.append(
      .layerNorm(LayerNormStep(x: x, y: y, norm: try builder.norm(index))), [x, y],
      cost: 8 * builder.elements(x))
  }
}
