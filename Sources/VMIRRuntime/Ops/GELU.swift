import VMIRGraph

extension GELU: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addUnary(.gelu, id)
  }
}
