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
        if case .omniScan = node.op, position == 1 {
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
