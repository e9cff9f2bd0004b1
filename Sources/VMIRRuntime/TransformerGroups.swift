import VMIRCore
import VMIRGraph

/// `image + projection(attention(qkv(norm(x))))`.
struct WindowAttentionGroup: Equatable, Sendable {
  let image: ValueID
  let norm: NodeID?
  let qkv: NodeID
  let attention: NodeID
  let projection: NodeID
}

/// `image + second(gelu(first(norm(x))))`.
struct MLPGroup: Equatable, Sendable {
  let image: ValueID
  let norm: NodeID?
  let first: NodeID
  let second: NodeID
}

extension FusionMatcher {
  /// The attention half of a transformer block.
  func matchWindowAttention(_ node: Node) -> (FusedGroup, [NodeID])? {
    guard hasEqualOperands(node) else { return nil }
    for (value, image) in orders(node) {
      guard let projection = soleProducer(value), isProduct(projection),
        let attention = soleProducer(graph[projection].operands[0]),
        case .windowAttention = graph[attention].op,
        let qkv = soleProducer(graph[attention].operands[0]), isProduct(qkv)
      else { continue }
      let norm = soleNorm(graph[qkv].operands[0])
      let group = WindowAttentionGroup(
        image: image, norm: norm, qkv: qkv, attention: attention, projection: projection)
      return (.windowAttention(group), [projection, attention, qkv] + (norm.map { [$0] } ?? []))
    }
    return nil
  }

  /// The feed-forward half of a transformer block.
  func matchMLP(_ node: Node) -> (FusedGroup, [NodeID])? {
    guard hasEqualOperands(node) else { return nil }
    for (value, image) in orders(node) {
      guard let second = soleProducer(value), isProduct(second),
        let gelu = soleProducer(graph[second].operands[0]),
        case .gelu = graph[gelu].op,
        let first = soleProducer(graph[gelu].operands[0]), isProduct(first)
      else { continue }
      let norm = soleNorm(graph[first].operands[0])
      let group = MLPGroup(image: image, norm: norm, first: first, second: second)
      return (.mlp(group), [second, gelu, first] + (norm.map { [$0] } ?? []))
    }
    return nil
  }
}

extension PlanBuilder {
  /// The attention half of a transformer block.
  mutating func add(_ group: WindowAttentionGroup, result: ValueID) throws(PlanError) {
    let node = graph[group.attention]
    guard case .windowAttention(let op) = node.op,
      case .channels(let table, _) = weights[group.attention],
      let heads = graph.type(of: node.operands[1]).shape[1].fixedCount
    else { throw unsupported(group.attention) }
    let x = try view(graph[group.norm ?? group.qkv].operands[0])
    let residual = try view(group.image)
    let (qkv, projection) = (try matrix(group.qkv), try matrix(group.projection))
    let y = try define(result)
    let step = AttentionBlockStep(
      x: x, y: y, residual: residual,
      norm: try norm(group.norm), qkv: qkv, table: table, heads: heads, window: op.window,
      shift: op.shift,
      scale: op.scale, projection: projection, gemm: weights.options.gemm)
    let values = Double(x.pixelCount) * Double(qkv.rowCount / 3)
    let (before, after) = (6 * values * Double(x.channels), 2 * values * Double(y.channels))
    append(
      .attentionBlock(step), [x, residual, y],
      products: [(before, qkv.integers), (after, projection.integers)],
      rest: values * Double(4 * op.window * op.window))
  }

  /// The feed-forward half of a transformer block.
  mutating func add(_ group: MLPGroup, result: ValueID) throws(PlanError) {
    let x = try view(graph[group.norm ?? group.first].operands[0])
    let residual = try view(group.image)
    let (first, second) = (try matrix(group.first), try matrix(group.second))
    let y = try define(result)
    let step = MLPStep(
      x: x, y: y, residual: residual,
      norm: try norm(group.norm), first: first, second: second, gemm: weights.options.gemm)
    let hidden = Double(x.pixelCount) * Double(first.rowCount)
    let (wide, narrow) = (2 * hidden * Double(x.channels), 2 * hidden * Double(y.channels))
    append(
      .mlp(step), [x, residual, y],
      products: [(wide, first.integers), (narrow, second.integers)], rest: 20 * hidden)
  }
}
