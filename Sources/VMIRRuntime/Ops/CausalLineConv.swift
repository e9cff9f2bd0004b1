import VMIRGraph

extension CausalLineConv: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph[id]
    let weight = layout.counts(node, 1)
    let slot = try layout.reserve(
      weight[0] * weight[2], .channelTaps(channels: weight[0], taps: weight[2]), node,
      operands: [1])
    return .channels(slot, bias: node.operands.count > 2 ? try layout.plain(node, 2) : nil)
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addLineConvolution(
      id, isActivated: false, result: builder.graph[id].results[0])
  }
}
