import VMIRGraph

extension GlobalAveragePool: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let x = try builder.view(node.operands[0])
    let mean = try builder.define(node.results[0])
    let sums: View
    if let made = builder.sums[node.operands[0]] {
      sums = made
    } else {
      sums = try builder.makeSums(of: x)
      builder.append(.pool(PoolStep(x: x, sums: sums)), [x, sums], cost: builder.elements(x))
    }
    builder.append(
      .poolMean(PoolMeanStep(sums: sums, mean: mean, pixelCount: x.pixelCount)), [sums, mean],
      cost: builder.elements(sums))
  }
}
