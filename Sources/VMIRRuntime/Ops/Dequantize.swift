import VMIRGraph

extension Dequantize: PlannedOperator {
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    throw notConstant(layout.graph.nodes[index])
  }

  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    throw notConstant(builder.graph.nodes[index])
  }

  /// Weights made of constants are folded before: what is left has no kernel.
  private func notConstant(_ node: Node) -> PlanError {
    .unsupported(node: node.name, reason: "an int8 weight is not constant")
  }
}
