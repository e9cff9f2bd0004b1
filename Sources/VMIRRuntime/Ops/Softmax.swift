import VMIRGraph

extension Softmax: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    builder.append(.softmax(SoftmaxStep(x: x, y: y)), [x, y], cost: 20 * builder.elements(x))
  }
}
