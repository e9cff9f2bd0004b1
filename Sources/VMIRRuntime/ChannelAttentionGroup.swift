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
    let matrix = try projection(group)
    if let matrix, isFolding(matrix, v) {
      let count = weights.kernels.table.pointee.gemm_packed_count(matrix.rowCount, v.channels)
      let folded = try makeView(channels: count, height: 1, width: 1)
      addWeights(
        sums, temperature, op, .projection(matrix.slot, n: matrix.rowCount), folded)
      var product = output(matrix, try define(result), residual: try residual(group))
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
      func part(_ view: View, at offset: Int, _ channels: Int) -> View {
        var part = view
        part.channelOffset += offset
        part.channels = channels
        return part
      }
      let product = ProductOutput(
        y: part(y, at: head * sums.width, sums.width),
        matrix: .buffer(part(heads, at: head * size, size)))
      addProduct(part(v, at: head * sums.width, sums.width), norm: nil, [product])
    }
    guard let matrix else { return }
    addProduct(
      y, norm: nil, [output(matrix, try define(result), residual: try residual(group))])
  }

  private func residual(_ group: ChannelAttentionGroup) throws(PlanError) -> View? {
    guard let image = group.image else { return nil }
    return try view(image)
  }

  /// The matrix of the projection that follows, if one does.
  private func projection(_ group: ChannelAttentionGroup) throws(PlanError) -> PackedMatrix? {
    guard let projection = group.projection else { return nil }
    guard case .matrices(let matrices) = weights[projection], matrices.count == 1 else {
      throw unsupported(projection)
    }
    return matrices[0]
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
      guard case .matrices(let matrices) = weights[making.product], matrices.count == 1,
        case .channels(let taps, let bias) = weights[making.depthwise]
      else { throw unsupported(making.product) }
      let x = try view(making.norm.image)
      let norm = try norm(making.norm)
      if WideRows.isWorthwhile(x, channels: matrices[0].rowCount) {
        let wide = WideRows(x: x, norm: norm, matrix: matrices[0], gemm: weights.options.gemm)
        return try addRows(wide, taps, bias, headCount: headCount)
      }
      let product = try makeView(
        channels: matrices[0].rowCount, height: x.height, width: x.width)
      addProduct(x, norm: norm, [output(matrices[0], product)])
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
    var v = qkv
    v.channels = sums.channels
    v.channelOffset += 2 * sums.channels
    return (v, sums)
  }

  private mutating func addRows(
    _ wide: WideRows, _ taps: WeightSlot, _ bias: WeightSlot?, headCount: Int
  ) throws(PlanError) -> (View, AttentionSums) {
    let (x, channels) = (wide.x, wide.matrix.rowCount / 3)
    let sums = try makeSums(
      channels: channels, headCount: headCount, blockCount: wide.blocks.count)
    let v = try makeView(channels: channels, height: x.height, width: x.width)
    let step = AttentionRowsStep(wide: wide, taps: taps, tapsBias: bias, v: v, sums: sums)
    let perPixel = 2 * (3 * channels * (x.channels + 9) + channels * (sums.width + 2))
    append(
      .attentionRows(step), [x, v, sums.view] + wide.norm.views,
      cost: Double(x.pixelCount) * Double(perPixel))
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
