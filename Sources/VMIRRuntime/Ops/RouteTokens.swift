import VMIRGraph

extension RouteTokens: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    builder.append(
      .routeTokens(RouteTokensStep(x: x, y: y, seed: seed, stream: stream ?? 0)), [x, y],
      cost: builder.elements(x) * (seed == nil ? 1 : 100))
  }
}
