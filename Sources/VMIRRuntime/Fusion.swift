import VMIRGraph

/// A group of fused nodes, stored under the last of them.
enum FusedGroup: Equatable, Sendable {
  /// A SiLU or GELU and the depthwise 3x3 convolution before it.
  case activatedDepthwise(convolution: NodeID, isGELU: Bool)
  /// An image and the GELU of what a depthwise convolution of more than 3x3 makes of it.
  case addedDepthwise(convolution: NodeID)
  /// The GELU of what a 1x1 convolution makes of an image, which may be normalised.
  case activatedProduct(convolution: NodeID, norm: NodeID?)
  /// A SiLU and the convolution along the pixels before it.
  case activatedLine(convolution: NodeID)
  /// A product of a GELU or SiLU and another image.
  case gate(activation: NodeID, other: ValueID)
  /// What a 1x1 convolution makes of an image and an affine map of another, by channel.
  case scaledResidual(convolution: NodeID, affine: NodeID)
  /// `a * factor` and an affine map of another image, by channel; the factor is one pixel, 1 for nil.
  case scaledSum(a: ValueID, factor: ValueID?, affine: NodeID)
  /// The sum of an image and what a convolution makes of another.
  case residual(convolution: NodeID, image: ValueID, merge: MergeGroup?)
  /// A residual feed-forward block.
  case feedForward(FeedForwardGroup)
  /// A normalised image times the SiLU of another; `scan` makes the image where it is given.
  case normGate(norm: NodeID, scan: NodeID?, silu: NodeID)
  /// A 1x1 convolution of a normalised image.
  case normProduct(norm: NodeID)
  /// The parts that a 1x1 convolution, maybe of a normalised image, is split into.
  case splitProduct(convolution: NodeID, norm: NodeID?)
  /// A dense 3x3 convolution and a pixel shuffle, a PReLU or a scaled sum.
  case convolution(ConvolutionGroup)
  /// The attention half of a transformer block.
  case windowAttention(WindowAttentionGroup)
  /// The feed-forward half of a transformer block.
  case mlp(MLPGroup)
  /// An attention between channels and what stands around it.
  case channelAttention(ChannelAttentionGroup)
}

/// An image `y` and one pixel `c` before a 1x1 convolution.
struct MergeGroup: Equatable, Sendable {
  /// What is made of the two.
  enum Function: Equatable, Sendable {
    /// `y + c`.
    case add
    /// `y * c + y`.
    case multiplyAdd
  }

  let image: ValueID
  let pixel: ValueID
  let function: Function
  let nodes: [NodeID]
}

/// `x + projectOut(gelu(a) * b)` with `a`, `b` the halves of `depthwise(projectIn(norm(x)))`.
struct FeedForwardGroup: Equatable, Sendable {
  let image: ValueID
  let norm: NormGroup
  let projectIn: NodeID
  let depthwise: NodeID
  let projectOut: NodeID
  let nodes: [NodeID]
}

/// Operator fusion: which nodes of a graph are computed by the step of another.
///
/// Intermediate values of a group have no other users.
struct Fusion: Sendable {
  // By index of the node.
  private var groups: [FusedGroup?]
  private var fused: [Bool]

  /// Decides for all nodes; nothing is fused where `isOn` is false.
  ///
  /// `mergesChannels` says whether a merge may be folded into the convolution after it.
  init(_ graph: Graph, isOn: Bool, mergesChannels: Bool) {
    groups = Array(repeating: nil, count: graph.nodes.count)
    fused = Array(repeating: false, count: graph.nodes.count)
    guard isOn else { return }
    let matcher = FusionMatcher(graph, mergesChannels: mergesChannels)
    // Backwards, so that a node joins the largest group that matches it.
    for id in graph.nodeIDs.reversed() where !isFused(id) {
      guard let (group, nodes) = matcher.match(id),
        !nodes.contains(where: { isFused($0) || self.group(endingAt: $0) != nil })
      else { continue }
      groups[id.index] = group
      for node in nodes { fused[node.index] = true }
    }
  }
  /// The group that ends with a node; nil where it is computed alone or by another node's step.
  func group(endingAt id: NodeID) -> FusedGroup? { groups[id.index] }

  /// Whether another node's step computes a node.
  func isFused(_ id: NodeID) -> Bool { fused[id.index] }
}
