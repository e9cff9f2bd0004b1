import VMIRCore
import VMIRGraph

extension SplitChannels: PlannedOperator {
  /// The parts are slices of the whole: nothing is moved.
  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph.nodes[index]
    var part = try builder.view(node.operands[0])
    for result in node.results {
      part.channels = builder.graph.type(of: result).shape[1].fixedCount ?? 0
      builder.set(result, to: part)
      part.channelOffset += part.channels
    }
  }

  func fusedGroup(endingAt index: Int, _ matcher: FusionMatcher) -> (FusedGroup, [Int])? {
    let node = matcher.graph.nodes[index]
    guard node.results.count == 2, let conv = matcher.soleProducer(node.operands[0]),
      matcher.isProduct(conv)
    else { return nil }
    let norm = matcher.soleNorm(matcher.graph.nodes[conv].operands[0])
    return (.splitProduct(convolution: conv, norm: norm), [conv] + (norm.map { [$0] } ?? []))
  }
}
