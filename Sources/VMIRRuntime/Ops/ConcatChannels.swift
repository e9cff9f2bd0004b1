import VMIRGraph

extension ConcatChannels: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addConcat(index)
  }
}
