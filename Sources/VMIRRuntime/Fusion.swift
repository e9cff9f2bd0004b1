import VMIRGraph

/// A group of fused nodes, stored under the last of them.
enum FusedGroup: Equatable, Sendable {
  /// A SiLU or GELU and the depthwise 3x3 convolution before it.
  case activatedDepthwise(convolution: Int, isGELU: Bool)
  /// An image and the GELU of what a depthwise convolution of more than 3x3 makes of it.
  case addedDepthwise(convolution: Int)
  /// The GELU of what a 1x1 convolution makes of an image, which may be normalised.
  case activatedProduct(convolution: Int, norm: Int?)
  /// A SiLU and the convolution along the pixels before it.
  case activatedLine(convolution: Int)
  /// A product of a GELU or SiLU and another image.
  case gate(activation: Int, other: ValueID)
  /// What a 1x1 convolution makes of an image and an affine map of another, by channel.
  case scaledResidual(convolution: Int, affine: Int)
  /// `a * factor` and an affine map of another image, by channel; the factor is one pixel, 1 for nil.
  case scaledSum(a: ValueID, factor: ValueID?, affine: Int)
  /// The sum of an image and what a convolution makes of another.
  case residual(convolution: Int, image: ValueID, merge: MergeGroup?)
  /// A residual feed-forward block.
  case feedForward(FeedForwardGroup)
  /// A normalised image times the SiLU of another; `scan` makes the image where it is given.
  case normGate(norm: Int, scan: Int?, silu: Int)
  /// A 1x1 convolution of a normalised image.
  case normProduct(norm: Int)
  /// The parts that a 1x1 convolution, maybe of a normalised image, is split into.
  case splitProduct(convolution: Int, norm: Int?)
  /// A 3x3 convolution and the pixel shuffle of its result.
  case shuffledConvolution(convolution: Int)
  /// A dense 3x3 convolution and a PReLU or a scaled sum.
  case convolution(ConvolutionGroup)
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
  let nodes: [Int]
}

/// `x + projectOut(gelu(a) * b)` with `a`, `b` the halves of `depthwise(projectIn(norm(x)))`.
struct FeedForwardGroup: Equatable, Sendable {
  let image: ValueID
  let norm: Int
  let projectIn: Int
  let depthwise: Int
  let projectOut: Int
  let nodes: [Int]
}

/// Operator fusion: which nodes of a graph are computed by the step of another.
///
/// Intermediate values of a group have no other users.
struct Fusion: Sendable {
  /// By index of the node: its fused group.
  private(set) var groups: [FusedGroup?]
  /// By index of the node: whether another node's step computes it.
  private(set) var isFused: [Bool]

  /// Decides for all nodes; nothing is fused where `isOn` is false.
  ///
  /// `mergesChannels` says whether a merge may be folded into the convolution after it.
  init(_ graph: Graph, isOn: Bool, mergesChannels: Bool) {
    groups = Array(repeating: nil, count: graph.nodes.count)
    isFused = Array(repeating: false, count: graph.nodes.count)
    guard isOn else { return }
    let matcher = FusionMatcher(graph, mergesChannels: mergesChannels)
    // Backwards, so that a node joins the largest group that matches it.
    for index in graph.nodes.indices.reversed() where !isFused[index] {
      guard let (group, nodes) = matcher.match(index),
        !nodes.contains(where: { isFused[$0] || groups[$0] != nil })
      else { continue }
      groups[index] = group
      for node in nodes { isFused[node] = true }
    }
  }
}
