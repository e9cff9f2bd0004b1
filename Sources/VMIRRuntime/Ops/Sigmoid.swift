import VMIRGraph

extension Sigmoid: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addUnary(.sigmoid, id)
  }
}
