import VMIRGraph

extension ChannelAffine: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph[id]
    return .channels(try layout.plain(node, 1), bias: try layout.plain(node, 2))
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    guard case .channels(let scale, let shift?) = builder.weights[id] else {
      throw builder.unsupported(id)
    }
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    builder.append(
      .channelAffine(ChannelAffineStep(x: x, y: y, scale: scale, shift: shift)), [x, y],
      cost: builder.elements(x))
  }
}
