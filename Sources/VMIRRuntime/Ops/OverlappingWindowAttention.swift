import VMIRGraph

extension OverlappingWindowAttention: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    // The kernel counts from the key that is farthest up and to the left of the query.
    let side = window + reach - 1
    let count = side * side
    let first = (2 - reach) * (side + 1)
    return try layout.attentionTable(id) { (($0 + first) % count + count) % count }
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addAttention(id, window: window, reach: reach, shift: 0, scale: scale)
  }
}
