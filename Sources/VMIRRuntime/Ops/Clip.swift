import VMIRGraph

extension Clip: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    builder.append(
      .clip(ClipStep(low: low, high: high, x: x, y: y)), [x, y], cost: builder.elements(x))
  }
}
