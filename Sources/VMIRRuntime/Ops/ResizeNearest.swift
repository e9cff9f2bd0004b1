import VMIRGraph

extension ResizeNearest: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addRearrange(.resizeNearest, factor, index)
  }
}
