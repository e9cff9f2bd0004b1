import VMIRGraph

extension LineScan: PlannedOperator {
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    try layout.scan(index, passes: [[0]], directionCount: 1)
  }

  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    _ = try builder.addScan(
      index, passes: [[0]], result: builder.graph.nodes[index].results[0])
  }
}
