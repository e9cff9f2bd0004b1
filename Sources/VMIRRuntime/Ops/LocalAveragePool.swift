import VMIRGraph

extension LocalAveragePool: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    builder.append(
      .localPool(
        LocalPoolStep(x: x, y: y, windowHeight: windowHeight, windowWidth: windowWidth)),
      [x, y], cost: 4 * builder.elements(x))
  }
}
