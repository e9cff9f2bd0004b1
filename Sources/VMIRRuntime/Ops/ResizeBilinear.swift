import VMIRGraph

extension ResizeBilinear: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addRearrange(.resizeBilinear, factor, id)
  }
}
