import VMIRGraph

extension ConcatChannels: PlannedOperator {
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph.nodes[index]
    let whole = try builder.define(node.results[0])
    var part = whole
    for operand in node.operands {
      let x = try builder.view(operand)
      part.channels = x.channels
      builder.append(
        .unary(UnaryStep(function: .copy, x: x, y: part)), [x, whole], cost: builder.elements(x))
      part.channelOffset += x.channels
    }
  }
}
