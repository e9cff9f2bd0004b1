import VMIRGraph

extension ChannelScan: PlannedOperator {
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph.nodes[index]
    var slots: [WeightSlot] = []
    for operand in 1..<node.operands.count { slots.append(try layout.plain(node, operand)) }
    return .channelScan(slots)
  }

  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addChannelScan(index)
  }
}
