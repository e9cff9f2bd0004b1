import VMIRGraph

extension ConcatChannels: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addConcat(id)
  }
}
