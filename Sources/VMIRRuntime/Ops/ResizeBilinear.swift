import VMIRGraph

extension ResizeBilinear: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addRearrange(.resizeBilinear, factor, index)
  }
}
