import VMIRGraph

extension ChannelScan: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph[id]
    var slots: [WeightSlot] = []
    for operand in 1..<node.operands.count { slots.append(try layout.plain(node, operand)) }
    return .channelScan(slots)
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addChannelScan(id)
  }
}
