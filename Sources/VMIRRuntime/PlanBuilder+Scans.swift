import VMIRCore
import VMIRGraph

extension PlanBuilder {
  /// A scan in four directions.
  ///
  /// - Returns: Its result, or two images that sum up to it.
  mutating func addOmniScan(
    _ id: NodeID, result: ValueID
  ) throws(PlanError) -> (View, View?) {
    let channels = try view(graph[id].operands[0]).channels
    return try addScan(id, passes: OmniScanStep.passes(channels: channels), result: result)
  }

  /// A scan in the directions of each pass.
  ///
  /// - Returns: Its result, or two images that sum up to it.
  mutating func addScan(
    _ id: NodeID, passes: [[Int]], result: ValueID
  ) throws(PlanError) -> (View, View?) {
    let node = graph[id]
    guard case .omniScan(let projections, let pack, nil) = weights[id] else {
      throw unsupported(id)
    }
    let x = try view(node.operands[0])
    let states = graph.type(of: node.operands[4]).shape[1].fixedCount ?? 0
    let rank = graph.type(of: node.operands[2]).shape[2].fixedCount ?? 0
    var target: View?
    var other: View?
    for (pass, directions) in passes.enumerated() {
      let projection = try makeView(
        channels: directions.count * (rank + 2 * states), height: x.height, width: x.width,
        isPadded: false)
      addProduct(x, norm: nil, [output(projections[pass], projection)])
      let y: View
      if let target { y = target } else { y = try define(result) }
      target = y
      if passes.count == 1, directions.count > 1 {
        other = try makeView(channels: x.channels, height: x.height, width: x.width)
      }
      let step = OmniScanStep(
        x: x, projection: projection, y: y, other: other, pack: pack, states: states,
        rank: rank, directions: directions)
      append(
        .omniScan(step), [x, projection, y] + (other.map { [$0] } ?? []),
        cost: elements(x) * Double(directions.count * (16 * states + 2 * rank)))
    }
    guard let target else { throw unsupported(id) }
    return (target, other)
  }

  /// A scan along the channels of one pixel.
  mutating func addChannelScan(_ id: NodeID) throws(PlanError) {
    let node = graph[id]
    guard case .channelScan(let slots) = weights[id], slots.count >= 5 else {
      throw unsupported(id)
    }
    let x = try view(node.operands[0])
    let y = try define(node.results[0])
    let delta = graph.type(of: node.operands[2]).fixedShape ?? [2, 1, 1]
    let states = graph.type(of: node.operands[4]).shape[1].fixedCount ?? 0
    let step = ChannelScanStep(
      x: x, y: y, weights: Array(slots[..<5]), ends: Array(slots[5...]), width: delta[1],
      states: states, rank: delta[2])
    append(
      .channelScan(step), [x, y], cost: elements(x) * Double(2 * delta[1] * 20 * states))
  }
}
