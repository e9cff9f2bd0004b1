import VMIRCore
import VMIRGraph

/// Matches fusable groups of nodes.
struct FusionMatcher {
  let graph: Graph
  private let mergesChannels: Bool
  private let useCounts: [Int]

  init(_ graph: Graph, mergesChannels: Bool) {
    self.graph = graph
    self.mergesChannels = mergesChannels
    useCounts = graph.useCounts
  }

  /// The group that ends with a node, and the other nodes of it.
  func match(_ id: NodeID) -> (FusedGroup, [NodeID])? {
    operatorTable.fusedGroup(graph[id].op, endingAt: id, self)
  }

  // MARK: Groups

  /// A 1x1 convolution of a normalised image.
  func matchNormProduct(_ id: NodeID) -> (FusedGroup, [NodeID])? {
    guard isProduct(id), let norm = soleNorm(graph[id].operands[0]) else { return nil }
    return (.normProduct(norm: norm), [norm])
  }

  func matchGate(_ node: Node) -> (FusedGroup, [NodeID])? {
    guard hasEqualOperands(node) else { return nil }
    for (value, other) in orders(node) {
      guard let activation = soleProducer(value) else { continue }
      switch graph[activation].op {
      case .gelu, .silu: return (.gate(activation: activation, other: other), [activation])
      default: continue
      }
    }
    return nil
  }

  func matchNormGate(_ node: Node) -> (FusedGroup, [NodeID])? {
    guard hasEqualOperands(node) else { return nil }
    for (value, other) in orders(node) {
      guard let norm = soleNorm(value), let silu = soleProducer(other),
        case .silu = graph[silu].op
      else { continue }
      var nodes = [norm, silu]
      var scan: NodeID?
      if let producer = soleProducer(graph[norm].operands[0]),
        case .omniScan = graph[producer].op
      {
        scan = producer
        nodes.append(producer)
      }
      return (.normGate(norm: norm, scan: scan, silu: silu), nodes)
    }
    return nil
  }

  func matchResidual(_ node: Node) -> (FusedGroup, [NodeID])? {
    guard hasEqualOperands(node) else { return nil }
    for (value, image) in orders(node) {
      guard let conv = soleProducer(value), isProduct(conv) || isDense(conv) else { continue }
      let merge =
        isProduct(conv) && (mergesChannels || isQuantized(conv)) ? matchMerge(conv) : nil
      return (
        .residual(convolution: conv, image: image, merge: merge), [conv] + (merge?.nodes ?? [])
      )
    }
    return nil
  }

  /// A sum with an affine map of an image, by channel.
  func matchScaledSum(_ node: Node) -> (FusedGroup, [NodeID])? {
    guard hasEqualOperands(node) else { return nil }
    for (value, other) in orders(node) {
      guard let affine = soleProducer(other), case .channelAffine = graph[affine].op else {
        continue
      }
      guard let first = soleProducer(value) else {
        return (.scaledSum(a: value, factor: nil, affine: affine), [affine])
      }
      if case .conv2D = graph[first].op, isProduct(first) {
        return (.scaledResidual(convolution: first, affine: affine), [first, affine])
      }
      let operands = graph[first].operands
      if case .multiply = graph[first].op, isPixel(operands[1]), !isPixel(operands[0]) {
        return (
          .scaledSum(a: operands[0], factor: operands[1], affine: affine), [first, affine]
        )
      }
      return (.scaledSum(a: value, factor: nil, affine: affine), [affine])
    }
    return nil
  }

  /// `x + gelu(convolution of x)` with a depthwise convolution of a side that has no kernel of its
  /// own.
  func matchAddedDepthwise(_ node: Node) -> (FusedGroup, [NodeID])? {
    guard hasEqualOperands(node) else { return nil }
    for (value, image) in orders(node) {
      guard let gelu = soleProducer(value), case .gelu = graph[gelu].op,
        let conv = soleProducer(graph[gelu].operands[0]),
        graph[conv].operands[0] == image, case .conv2D(let op) = graph[conv].op,
        op.kernelSize > 3, op.groups > 1,
        graph.type(of: graph[conv].operands[1]).shape[0].fixedCount == op.groups,
        graph.type(of: image).shape[1].fixedCount == op.groups
      else { continue }
      return (.addedDepthwise(convolution: conv), [gelu, conv])
    }
    return nil
  }

  func matchMerge(_ conv: NodeID) -> MergeGroup? {
    guard let last = soleProducer(graph[conv].operands[0]),
      case .add = graph[last].op
    else { return nil }
    let (a, b) = (graph[last].operands[0], graph[last].operands[1])
    if isPixel(b), !isPixel(a) {
      return MergeGroup(image: a, pixel: b, function: .add, nodes: [last])
    }
    for (product, image) in [(a, b), (b, a)] {
      guard let scale = soleProducer(product), case .multiply = graph[scale].op,
        graph[scale].operands[0] == image, isPixel(graph[scale].operands[1])
      else { continue }
      return MergeGroup(
        image: image, pixel: graph[scale].operands[1], function: .multiplyAdd,
        nodes: [last, scale])
    }
    return nil
  }

  func matchFeedForward(_ node: Node) -> (FusedGroup, [NodeID])? {
    guard hasEqualOperands(node) else { return nil }
    for (value, image) in orders(node) {
      guard let projectOut = soleProducer(value), isProduct(projectOut),
        let gate = soleProducer(graph[projectOut].operands[0]),
        case .multiply = graph[gate].op,
        let gelu = soleProducer(graph[gate].operands[0]),
        case .gelu = graph[gelu].op,
        case .node(let split, 0) = graph.values[graph[gelu].operands[0].index].origin,
        case .splitChannels(let op) = graph[split].op, op.counts.count == 2,
        op.counts[0] == op.counts[1],
        graph[gate].operands[1] == graph[split].results[1],
        graph[split].results.allSatisfy({ useCounts[$0.index] == 1 }),
        let depthwise = soleProducer(graph[split].operands[0]), isDepthwise(depthwise),
        let projectIn = soleProducer(graph[depthwise].operands[0]), isProduct(projectIn),
        let norm = soleModulatedNorm(graph[projectIn].operands[0]), norm.image == image
      else { continue }
      let nodes = [projectOut, gate, gelu, split, depthwise, projectIn] + norm.nodes
      let group = FeedForwardGroup(
        image: image, norm: norm, projectIn: projectIn, depthwise: depthwise,
        projectOut: projectOut, nodes: nodes)
      return (.feedForward(group), nodes)
    }
    return nil
  }

  // MARK: Nodes and values

  /// The node that makes a value, where only one node uses the value.
  func soleProducer(_ value: ValueID) -> NodeID? {
    guard useCounts[value.index] == 1,
      case .node(let producer, _) = graph.values[value.index].origin
    else { return nil }
    return producer
  }

  /// Whether a node makes a value, not as a part of another, and so many operands are it.
  func isWhole(_ value: ValueID, useCount: Int) -> Bool {
    guard useCounts[value.index] == useCount,
      case .node(let producer, _) = graph.values[value.index].origin
    else { return false }
    if case .splitChannels = graph[producer].op { return false }
    return true
  }

  func soleNorm(_ value: ValueID) -> NodeID? {
    guard let producer = soleProducer(value), case .layerNorm = graph[producer].op else {
      return nil
    }
    return producer
  }

  /// A 1x1 convolution of one group.
  func isProduct(_ id: NodeID) -> Bool {
    if case .quantizedConv2D(let op) = graph[id].op { return op.kernelSize == 1 }
    guard case .conv2D(let op) = graph[id].op else { return false }
    return op.kernelSize == 1 && op.groups == 1
  }

  /// A convolution of one group over more than one pixel, of a side that there is a kernel for.
  func isDense(_ id: NodeID) -> Bool {
    if case .quantizedConv2D(let op) = graph[id].op { return op.kernelSize > 1 }
    guard case .conv2D(let op) = graph[id].op else { return false }
    return op.kernelSize == 3 && op.groups == 1
  }

  /// A dense convolution whose result can be put in another place while it is made: one to so few
  /// channels that its taps are a matrix can't.
  func isShuffled(_ id: NodeID) -> Bool {
    guard isDense(id), case .conv2D = graph[id].op else { return isDense(id) }
    let outputs = graph.type(of: graph[id].results[0]).shape[1].fixedCount ?? 0
    return outputs > Conv2D.tapOutputLimit
  }

  /// Channels of an image.
  func channels(of value: ValueID) -> Int { graph.type(of: value).shape[1].fixedCount ?? 0 }

  func isQuantized(_ id: NodeID) -> Bool {
    if case .quantizedConv2D = graph[id].op { true } else { false }
  }

  func isDepthwise(_ id: NodeID) -> Bool {
    guard case .conv2D(let op) = graph[id].op else { return false }
    let outputs = graph.type(of: graph[id].operands[1]).shape[0].fixedCount
    let channels = graph.type(of: graph[id].operands[0]).shape[1].fixedCount
    return op.kernelSize == 3 && op.groups > 1 && outputs == op.groups && channels == op.groups
  }

  func isPixel(_ value: ValueID) -> Bool {
    let shape = graph.type(of: value).shape
    return shape[2].fixedCount == 1 && shape[3].fixedCount == 1
  }

  func hasEqualOperands(_ node: Node) -> Bool {
    node.operands[0] != node.operands[1]
      && graph.type(of: node.operands[0]) == graph.type(of: node.operands[1])
  }

  func orders(_ node: Node) -> [(ValueID, ValueID)] {
    [(node.operands[0], node.operands[1]), (node.operands[1], node.operands[0])]
  }
}
