import VMIRGraph

extension GELU: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addUnary(.gelu, index)
  }
}
