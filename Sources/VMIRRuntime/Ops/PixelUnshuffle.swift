import VMIRGraph

extension PixelUnshuffle: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addRearrange(.pixelUnshuffle, factor, id)
  }
}
