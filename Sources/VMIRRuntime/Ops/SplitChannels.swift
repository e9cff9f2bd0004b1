import VMIRCore
import VMIRGraph

extension SplitChannels: PlannedOperator {
  /// The parts are slices of the whole: nothing is moved.
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let whole = try builder.view(node.operands[0])
    var first = 0
    for result in node.results {
      let count = builder.graph.type(of: result).shape[1].fixedCount ?? 0
      builder.set(result, to: whole.channels(from: first, count: count))
      first += count
    }
  }

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    let node = matcher.graph[id]
    guard node.results.count == 2, let conv = matcher.soleProducer(node.operands[0]),
      matcher.isProduct(conv)
    else { return nil }
    let norm = matcher.soleNorm(matcher.graph[conv].operands[0])
    return (.splitProduct(convolution: conv, norm: norm), [conv] + (norm.map { [$0] } ?? []))
  }
}
