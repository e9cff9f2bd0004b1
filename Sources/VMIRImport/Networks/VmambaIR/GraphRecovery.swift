import VMIRCore
import VMIRGraph

/// Matches a graph against the published networks, regardless of names.
struct GraphRecovery {
  let graph: Graph
  /// By node: how many unshuffles and shuffles lie before it.
  private var depths: [(down: Int, up: Int)] = []
  private var users: [[NodeID]]

  init(_ graph: Graph) {
    self.graph = graph
    users = Array(repeating: [], count: graph.values.count)
    for id in graph.nodeIDs {
      let node = graph[id]
      var depth = (down: 0, up: 0)
      for operand in node.operands {
        users[operand.index].append(id)
        guard case .node(let producer, _) = graph.values[operand.index].origin else { continue }
        let before = depths[producer.index]
        depth = (max(depth.down, before.down), max(depth.up, before.up))
      }
      switch node.op {
      case .pixelUnshuffle: depth.down += 1
      case .pixelShuffle: depth.up += 1
      default: break
      }
      depths.append(depth)
    }
  }

  /// The tensors of the network under their names in a state dict, with what the network is.
  ///
  /// - Returns: nil where the graph is no published network, node for node.
  func recovered() -> (configuration: VmambaIRConfiguration, tensors: [NamedTensor])? {
    guard let configuration = configuration(), let published = try? configuration.makeGraph(),
      let pairs = GraphMatch(published, graph)?.constants
    else { return nil }
    var tensors: [NamedTensor] = []
    for (index, constant) in published.constants.enumerated() {
      guard let found = pairs[index], let shape = constant.type.fixedShape else { return nil }
      let own = graph.constants[found]
      tensors.append(
        NamedTensor(name: constant.name, dtype: .float32, shape: shape) {
          () throws(ConstantError) in try own.load()
        })
    }
    return (configuration, tensors)
  }

  /// The candidate configuration, from sizes and counts.
  private func configuration() -> VmambaIRConfiguration? {
    guard case .conv2D? = graph.nodes.first(where: { $0.op.isConvolution })?.op,
      let first = graph.nodes.first(where: { $0.op.isConvolution }),
      let dim = graph.type(of: first.results[0]).shape[1].fixedCount, dim % 2 == 0, dim > 0,
      dim < extentLimit, let merge = merge(), let last = graph.nodes.last
    else { return nil }
    let isEnlarging = graph.nodes.contains { $0.op.isNearest }
    let scans = graph.nodes.filter { $0.op.isChannelScan }
    guard let scan = scans.first, let width = extent(scan, 2, 1),
      let architecture = architecture(isEnlarging, scan.operands.count == 10, merge)
    else { return nil }
    var configuration = VmambaIRConfiguration(
      architecture: architecture, dim: dim, blockCounts: blockCounts())
    configuration.hasChannelConvolutions = scan.operands.count == 10
    configuration.channelScanWidth = width
    configuration.isDualPixel = !isEnlarging && last.op.isConvolution
    configuration.inputChannels =
      graph.type(of: graph.inputs[0].value).shape[1].fixedCount ?? 0
    configuration.outputChannels = graph.type(of: graph.outputs[0]).shape[1].fixedCount ?? 0
    if let norm = graph.nodes.first(where: { $0.op.isLayerNorm }) {
      configuration.hasNormBias = norm.operands.count == 3
    }
    for id in graph.nodeIDs {
      let node = graph[id]
      let level = Stage.level(down: depths[id.index].down, up: depths[id.index].up)
      guard configuration.levels.indices.contains(level) else { continue }
      if case .omniScan = node.op {
        configuration.levels[level].deltaRank = extent(node, 2, 2) ?? 1
        configuration.stateCount = extent(node, 4, 1) ?? 16
      } else if case .channelScan = node.op {
        configuration.levels[level].channelDeltaRank = extent(node, 2, 2) ?? 1
        configuration.channelStateCount = extent(node, 4, 1) ?? 16
      } else if case .gelu = node.op {
        configuration.levels[level].hiddenChannels =
          graph.type(of: node.results[0]).shape[1].fixedCount ?? 1
        configuration.hasConvolutionBias = isBiased(before: node)
      }
    }
    return configuration
  }

  private func extent(_ node: Node, _ operand: Int, _ axis: Int) -> Int? {
    guard node.operands.indices.contains(operand) else { return nil }
    let shape = graph.type(of: node.operands[operand]).shape
    return shape.indices.contains(axis) ? shape[axis].fixedCount : nil
  }

  private func producer(_ value: ValueID) -> Node? {
    guard case .node(let id, _) = graph.values[value.index].origin else { return nil }
    return graph[id]
  }

  /// Whether the convolution before the split before a GELU has a bias.
  private func isBiased(before gelu: Node) -> Bool {
    guard let split = producer(gelu.operands[0]), let conv = producer(split.operands[0]) else {
      return false
    }
    return conv.op.isConvolution && conv.operands.count == 3
  }

  /// How the first channel scan joins the image, by who uses its norm.
  private func merge() -> ChannelMerge? {
    guard let scan = graph.nodes.first(where: { $0.op.isChannelScan }),
      let norm = users[scan.results[0].index].first.map({ graph[$0] }), norm.op.isLayerNorm,
      let user = users[norm.results[0].index].first
    else { return nil }
    if case .add = graph[user].op { return .add }
    if case .multiply = graph[user].op { return .multiplyAdd }
    return nil
  }

  private func architecture(
    _ isEnlarging: Bool, _ hasConvolutions: Bool, _ merge: ChannelMerge
  ) -> VmambaIRVariant? {
    switch (isEnlarging, merge) {
    case (true, .multiplyAdd): hasConvolutions ? .mambaSISR6 : .mambaRealSR11
    case (true, .add): nil
    case (false, .multiplyAdd): .mamber33
    case (false, .add): .mamber32
    }
  }

  /// Blocks of each stage.
  ///
  /// The last two are of one width with nothing between them; a network as
  /// published has as many blocks in the last decoder as in the first encoder.
  private func blockCounts() -> BlockCounts {
    var counts = BlockCounts()
    for (index, node) in graph.nodes.enumerated() where node.op.isOmniScan {
      let depth = depths[index]
      switch (depth.down, depth.up) {
      case (0, _): counts[.encoderLevel1] += 1
      case (1, _): counts[.encoderLevel2] += 1
      case (2, _): counts[.encoderLevel3] += 1
      case (_, 0): counts[.latent] += 1
      case (_, 1): counts[.decoderLevel3] += 1
      case (_, 2): counts[.decoderLevel2] += 1
      default: counts[.decoderLevel1] += 1
      }
    }
    let first = counts[.encoderLevel1]
    if counts[.decoderLevel1] > first {
      counts[.refinement] = counts[.decoderLevel1] - first
      counts[.decoderLevel1] = first
    }
    return counts
  }
}

extension Stage {
  /// Level of what has so many unshuffles and shuffles before it.
  fileprivate static func level(down: Int, up: Int) -> Int {
    guard down >= 3 else { return down }
    return switch up {
    case 0: 3
    case 1: 2
    default: 1
    }
  }
}

extension Op {
  fileprivate var isConvolution: Bool { if case .conv2D = self { true } else { false } }
  fileprivate var isLayerNorm: Bool { if case .layerNorm = self { true } else { false } }
  fileprivate var isOmniScan: Bool { if case .omniScan = self { true } else { false } }
  fileprivate var isChannelScan: Bool { if case .channelScan = self { true } else { false } }
  fileprivate var isNearest: Bool { if case .resizeNearest = self { true } else { false } }
}
