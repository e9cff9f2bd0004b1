import VMIRGraph

extension LineScan: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    try layout.scan(id, passes: [[0]], directionCount: 1)
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    _ = try builder.addScan(
      id, passes: [[0]], result: builder.graph[id].results[0])
  }
}
