import VMIRGraph

extension Dequantize: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    throw notConstant(layout.graph[id])
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    throw notConstant(builder.graph[id])
  }

  /// Weights made of constants are folded before: what is left has no kernel.
  private func notConstant(_ node: Node) -> PlanError {
    .unsupported(node: node.name, reason: "an int8 weight is not constant")
  }
}
