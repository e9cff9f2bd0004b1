import VMIRGraph

extension Reduce: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    guard axes == .pixels else {
      return builder.append(
        .reducedChannels(ReducedChannelsStep(function: function, x: x, y: y)), [x, y],
        cost: 4 * builder.elements(x))
    }
    let parts = try builder.makeSums(of: x)
    builder.append(
      .reducedBlocks(ReducedBlocksStep(function: function, x: x, parts: parts)), [x, parts],
      cost: builder.elements(x))
    builder.append(
      .reducedPixels(ReducedPixelsStep(function: function, parts: parts, y: y)), [parts, y],
      cost: builder.elements(parts))
  }
}
