import CVMIRKernels
import VMIRCore
import VMIRGraph

/// An attention between channels, what makes its operand, and what is made of its result:
/// `image + project(attention(depthwise(product(norm(x)))))`, or a part of that.
struct ChannelAttentionGroup: Equatable, Sendable {
  /// The attention.
  let attention: NodeID
  /// What makes q, k and v, where it can be fused.
  var making: Making?
  /// The 1x1 convolution that follows.
  var projection: NodeID?
  /// What is added to that.
  var image: ValueID?
  /// Whether the result may take the place of what is added, which nothing needs afterwards.
  var replacesImage = false

  /// q, k and v as `depthwise(product(norm(x)))`.
  struct Making: Equatable, Sendable {
    let norm: NormGroup
    let product: NodeID
    let depthwise: NodeID
  }

  /// The nodes other than the last.
  func nodes(before last: NodeID) -> [NodeID] {
    var nodes = [attention] + (projection.map { [$0] } ?? [])
    if let making { nodes += [making.depthwise, making.product] + making.norm.nodes }
    return nodes.filter { $0 != last }
  }
}

extension FusionMatcher {
  /// An attention and what makes its operand.
  func matchChannelAttention(_ id: NodeID) -> (FusedGroup, [NodeID])? {
    guard let group = attention(id), group.making != nil else { return nil }
    return (.channelAttention(group), group.nodes(before: id))
  }

  /// A projection of an attention.
  func matchProjectedAttention(_ id: NodeID) -> (FusedGroup, [NodeID])? {
    guard let group = projectedAttention(id) else { return nil }
    return (.channelAttention(group), group.nodes(before: id))
  }

  /// The sum of an image and a projection of an attention.
  func matchAttentionResidual(_ id: NodeID) -> (FusedGroup, [NodeID])? {
    let node = graph[id]
    guard hasEqualOperands(node) else { return nil }
    for (value, image) in orders(node) {
      guard let projection = soleProducer(value), var group = projectedAttention(projection) else {
        continue
      }
      group.image = image
      group.replacesImage = group.making?.norm.image == image && isWhole(image, useCount: 2)
      return (.channelAttention(group), group.nodes(before: id))
    }
    return nil
  }

  private func projectedAttention(_ id: NodeID) -> ChannelAttentionGroup? {
    guard isProduct(id), let attention = soleProducer(graph[id].operands[0]),
      var group = self.attention(attention)
    else { return nil }
    group.projection = id
    return group
  }

  private func attention(_ id: NodeID) -> ChannelAttentionGroup? {
    guard case .channelAttention = graph[id].op else { return nil }
    var group = ChannelAttentionGroup(attention: id)
    if let depthwise = soleProducer(graph[id].operands[0]), isDepthwise(depthwise),
      let product = soleProducer(graph[depthwise].operands[0]), isProduct(product),
      let norm = soleModulatedNorm(graph[product].operands[0])
    {
      group.making = ChannelAttentionGroup.Making(
        norm: norm, product: product, depthwise: depthwise)
    }
    return group
  }
}

extension PlanBuilder {
  /// An attention between channels with what it is fused with.
  mutating func add(_ group: ChannelAttentionGroup, result: ValueID) throws(PlanError) {
    let node = graph[group.attention]
    guard case .channelAttention(let op) = node.op,
      case .channels(let temperature, _) = weights[group.attention],
      let headCount = graph.type(of: node.operands[1]).shape[0].fixedCount
    else { throw unsupported(group.attention) }
    let (v, sums) = try addSums(group, node, headCount: headCount)
    var matrix: PackedMatrix?
    if let projection = group.projection { matrix = try self.matrix(projection) }
    if let matrix, isFolding(matrix, v) {
      let count = weights.kernels.table.pointee.gemm_packed_count(matrix.rowCount, v.channels)
      let folded = try makeView(channels: count, height: 1, width: 1)
      addWeights(
        sums, temperature, op, .projection(matrix.slot, n: matrix.rowCount), folded)
      let residual = try residual(group)
      var product = output(matrix, try target(group, result), residual: residual)
      product.matrix = .buffer(folded)
      return addProduct(v, norm: nil, [product])
    }
    let size = packedHeadSize(sums)
    let heads = try makeView(channels: size * headCount, height: 1, width: 1)
    addWeights(sums, temperature, op, .heads, heads)
    let y =
      matrix == nil
      ? try define(result) : try makeView(channels: v.channels, height: v.height, width: v.width)
    for head in 0..<headCount {
      let product = ProductOutput(
        y: y.channels(from: head * sums.width, count: sums.width),
        matrix: .buffer(heads.channels(from: head * size, count: size)))
      addProduct(v.channels(from: head * sums.width, count: sums.width), norm: nil, [product])
    }
    guard let matrix else { return }
    let residual = try residual(group)
    addProduct(y, norm: nil, [output(matrix, try target(group, result), residual: residual)])
  }

  private func residual(_ group: ChannelAttentionGroup) throws(PlanError) -> View? {
    guard let image = group.image else { return nil }
    return try view(image)
  }

  /// Where the result goes; a product from outside writes before it adds.
  private mutating func target(
    _ group: ChannelAttentionGroup, _ result: ValueID
  ) throws(PlanError) -> View {
    guard group.replacesImage, weights.options.gemm == .builtIn, let image = group.image,
      placement.places[image.index] == nil,
      placement.places[result.index] == nil,
      case .node(let producer, _) = graph.values[image.index].origin,
      placement.owners[producer] == nil
    else { return try define(result) }
    let place = try view(image)
    set(result, to: place)
    return place
  }

  /// Whether the weights are multiplied with the projection's matrix rather than with v: that takes
  /// `n C c` products instead of `C c` for each pixel.
  private func isFolding(_ matrix: PackedMatrix, _ v: View) -> Bool {
    matrix.integers == nil && weights.options.gemm == .builtIn && v.pixelCount >= matrix.rowCount
  }

  /// Floats that the weights of a head take in the form for a product.
  private func packedHeadSize(_ sums: AttentionSums) -> Int {
    switch weights.options.gemm {
    case .builtIn: weights.kernels.table.pointee.gemm_packed_count(sums.width, sums.width)
    case .external: sums.width * sums.width
    }
  }

  private mutating func addWeights(
    _ sums: AttentionSums, _ temperature: WeightSlot, _ op: ChannelAttention,
    _ making: AttentionWeightsStep.Making, _ y: View
  ) {
    let step = AttentionWeightsStep(
      sums: sums, temperature: temperature, epsilon: op.epsilon, making: making, y: y,
      gemm: weights.options.gemm)
    append(
      .attentionWeights(step), [sums.view, y],
      cost: elements(sums.view) + 2 * elements(y) * Double(sums.width))
  }

  /// v, and the sums of products of q and k.
  private mutating func addSums(
    _ group: ChannelAttentionGroup, _ node: Node, headCount: Int
  ) throws(PlanError) -> (View, AttentionSums) {
    let qkv: View
    if let making = group.making {
      guard case .channels(let taps, let bias) = weights[making.depthwise] else {
        throw unsupported(making.depthwise)
      }
      let matrix = try matrix(making.product)
      let x = try view(making.norm.image)
      let norm = try norm(making.norm)
      if WideRows.isWorthwhile(x, channels: matrix.rowCount) {
        let wide = WideRows(x: x, norm: norm, matrix: matrix, gemm: weights.options.gemm)
        return try addRows(wide, taps, bias, headCount: headCount)
      }
      let product = try makeView(
        channels: matrix.rowCount, height: x.height, width: x.width)
      addProduct(x, norm: norm, [output(matrix, product)])
      qkv = try makeView(channels: product.channels, height: x.height, width: x.width)
      try addDepthwise(making.depthwise, .none, product, qkv)
    } else {
      qkv = try view(node.operands[0])
    }
    let sums = try makeSums(
      channels: qkv.channels / 3, headCount: headCount,
      blockCount: AttentionSumsStep.blocks(qkv).blockCount)
    append(
      .attentionSums(AttentionSumsStep(qkv: qkv, sums: sums)), [qkv, sums.view],
      cost: 2 * Double(qkv.pixelCount) * Double(sums.channels * (sums.width + 2)))
    return (qkv.channels(from: 2 * sums.channels, count: sums.channels), sums)
  }

  private mutating func addRows(
    _ wide: WideRows, _ taps: WeightSlot, _ bias: WeightSlot?, headCount: Int
  ) throws(PlanError) -> (View, AttentionSums) {
    let (x, channels) = (wide.x, wide.matrix.rowCount / 3)
    let sums = try makeSums(
      channels: channels, headCount: headCount, blockCount: wide.blocks.count)
    let v = try makeView(channels: channels, height: x.height, width: x.width)
    let step = AttentionRowsStep(wide: wide, taps: taps, tapsBias: bias, v: v, sums: sums)
    let values = 2 * Double(x.pixelCount) * Double(channels)
    let product = 3 * values * Double(x.channels)
    append(
      .attentionRows(step), [x, v, sums.view] + wide.norm.views,
      products: [(product, wide.matrix.integers)], rest: values * Double(27 + sums.width + 2))
    return (v, sums)
  }

  private mutating func makeSums(
    channels: Int, headCount: Int, blockCount: Int
  ) throws(PlanError) -> AttentionSums {
    let view = try makeView(
      channels: AttentionSums.count(channels: channels, headCount: headCount), height: blockCount,
      width: 1)
    return AttentionSums(view: view, channels: channels, headCount: headCount)
  }
}
