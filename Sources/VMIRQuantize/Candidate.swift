import VMIRCore
import VMIRGraph

/// A dense convolution that could be quantized.
struct Candidate {
  /// The convolution.
  let node: NodeID
  /// Index of the weight among the constants.
  let constant: Int
  /// `[O, C, k, k]`.
  let shape: [Int]
  /// Where its input can be seen.
  let source: Source

  /// Channels of a value that exists while the network runs: the network's input or a node's
  /// result.
  struct Source: Hashable {
    let value: ValueID
    /// Of a pixel of that value.
    let firstChannel: Int
  }
}

/// A dense convolution that is not quantized, and why.
struct ExcludedLayer {
  let node: NodeID
  let reason: QuantizationReport.Reason
}

extension Graph {
  /// The dense convolutions: candidates for quantization, and the rest.
  func quantizableConvolutions(
    minimumChannels: Int
  ) -> (candidates: [Candidate], excludedLayers: [ExcludedLayer]) {
    let useCounts = useCounts
    let routers = routers()
    var candidates: [Candidate] = []
    var excludedLayers: [ExcludedLayer] = []
    for id in nodeIDs {
      let node = self[id]
      guard case .conv2D(let op) = node.op, op.groups == 1,
        case .constant(let constant) = values[node.operands[1].index].origin,
        let shape = constants[constant].type.fixedShape
      else { continue }
      let reason: QuantizationReport.Reason? =
        if op.kernelSize != 1 && op.kernelSize != 3 {
          .unsupported
        } else if min(shape[0], shape[1]) < minimumChannels
          || shape[1] > QuantizedConv2D.channelLimit
        {
          .narrow
        } else if useCounts[node.operands[1].index] > 1 {
          .shared
        } else if routers.contains(id) {
          .sensitive
        } else {
          nil
        }
      if let reason {
        excludedLayers.append(ExcludedLayer(node: id, reason: reason))
      } else {
        candidates.append(
          Candidate(
            node: id, constant: constant, shape: shape, source: source(of: node.operands[0])))
      }
    }
    return (candidates, excludedLayers)
  }

  /// Convolutions that nothing but activations parts from the choice of a token: rounding to
  /// integers would turn tokens, each of which changes the rest of a scan.
  private func routers() -> Set<NodeID> {
    var routers: Set<NodeID> = []
    var values = nodes.compactMap { node -> ValueID? in
      if case .routeTokens = node.op { node.operands[0] } else { nil }
    }
    while let value = values.popLast() {
      guard case .node(let id, _) = self.values[value.index].origin else { continue }
      if case .conv2D = self[id].op {
        routers.insert(id)
      } else if !self[id].op.isActivation {
        continue
      }
      values.append(self[id].operands[0])
    }
    return routers
  }

  /// Where a value is: parts of a split are channels of what was split.
  private func source(of value: ValueID) -> Candidate.Source {
    var (value, firstChannel) = (value, 0)
    while case .node(let id, let result) = values[value.index].origin,
      case .splitChannels(let op) = self[id].op
    {
      firstChannel += op.counts[..<result].reduce(0, +)
      value = self[id].operands[0]
    }
    return Candidate.Source(value: value, firstChannel: firstChannel)
  }

  /// Constants that nothing but scans use, as their projection.
  func projections() -> [Int] {
    var uses = [(projection: Int, other: Int)](repeating: (0, 0), count: values.count)
    for node in nodes {
      for (position, operand) in node.operands.enumerated() {
        if node.op.projectionOperand == position {
          uses[operand.index].projection += 1
        } else {
          uses[operand.index].other += 1
        }
      }
    }
    return values.indices.compactMap { value in
      guard case .constant(let constant) = values[value].origin, uses[value].projection > 0,
        uses[value].other == 0, values[value].type.dtype == .float32
      else { return nil }
      return constant
    }
  }
}

extension Op {
  /// Which operand of a scan is its projection; nil for other operators.
  fileprivate var projectionOperand: Int? {
    if case .omniScan = self { return 1 }
    if case .lineScan = self { return 1 }
    if case .promptScan = self { return 2 }
    return nil
  }

  /// Whether it is a function of each element.
  fileprivate var isActivation: Bool {
    if case .gelu = self { return true }
    if case .silu = self { return true }
    if case .prelu = self { return true }
    if case .unary = self { return true }
    return false
  }
}
