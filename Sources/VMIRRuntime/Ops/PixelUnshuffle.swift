import VMIRGraph

extension PixelUnshuffle: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addRearrange(.pixelUnshuffle, factor, index)
  }
}
