import VMIRGraph

extension ChannelAffine: PlannedOperator {
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph.nodes[index]
    return .channels(try layout.plain(node, 1), bias: try layout.plain(node, 2))
  }

  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph.nodes[index]
    guard case .channels(let scale, let shift?) = builder.weights.nodes[index] else {
      throw builder.unsupported(index)
    }
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    builder.append(
      .channelAffine(ChannelAffineStep(x: x, y: y, scale: scale, shift: shift)), [x, y],
      cost: builder.elements(x))
  }
}
