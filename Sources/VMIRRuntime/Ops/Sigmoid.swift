import VMIRGraph

extension Sigmoid: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addUnary(.sigmoid, index)
  }
}
