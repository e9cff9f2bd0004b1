import VMIRGraph

extension OverlappingWindowAttention: PlannedOperator {
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    // The kernel counts from the key that is farthest up and to the left of the query.
    let side = window + reach - 1
    let count = side * side
    let first = (2 - reach) * (side + 1)
    return try layout.attentionTable(index) { (($0 + first) % count + count) % count }
  }

  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addAttention(index, window: window, reach: reach, shift: 0, scale: scale)
  }
}
