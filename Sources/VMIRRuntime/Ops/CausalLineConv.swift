import VMIRGraph

extension CausalLineConv: PlannedOperator {
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph.nodes[index]
    let weight = layout.counts(node, 1)
    let slot = try layout.reserve(
      weight[0] * weight[2], .channelTaps(channels: weight[0], taps: weight[2]), node,
      operands: [1])
    return .channels(slot, bias: node.operands.count > 2 ? try layout.plain(node, 2) : nil)
  }

  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addLineConvolution(
      index, isActivated: false, result: builder.graph.nodes[index].results[0])
  }
}
