import VMIRGraph

extension ResizeNearest: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addRearrange(.resizeNearest, factor, id)
  }
}
