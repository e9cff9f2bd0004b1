import VMIRGraph

/// Which nodes of a graph are computed together with the node that uses them.
///
/// - A SiLU takes in the depthwise convolution before it.
/// - A product takes in a GELU or SiLU of one factor: a gate.
/// - A sum of two whole images takes in the 1x1 or 3x3 convolution that makes one of them: a
///   residual connection.
///
/// Always only where nobody else uses the value between.
struct Fusion {
  /// By index of the node: the node that is taken in, if any.
  private(set) var takenIn: [Int?]
  /// By index of the node: whether another node has taken it in.
  private(set) var isTakenIn: [Bool]

  /// Decides for all nodes; nothing is fused where `isOn` is false.
  init(_ graph: Graph, isOn: Bool) {
    takenIn = Array(repeating: nil, count: graph.nodes.count)
    isTakenIn = Array(repeating: false, count: graph.nodes.count)
    guard isOn else { return }
    var useCounts = [Int](repeating: 0, count: graph.values.count)
    for node in graph.nodes { for operand in node.operands { useCounts[operand.index] += 1 } }
    for output in graph.outputs { useCounts[output.index] += 1 }
    // From the end, so that a gate gets its SiLU before the SiLU could take in a convolution.
    for index in graph.nodes.indices.reversed() where !isTakenIn[index] {
      let node = graph.nodes[index]
      for operand in node.operands {
        guard case .node(let producer, _) = graph.values[operand.index].origin,
          useCounts[operand.index] == 1, !isTakenIn[producer],
          Fusion.canTakeIn(graph, node, graph.nodes[producer])
        else { continue }
        takenIn[index] = producer
        isTakenIn[producer] = true
        break
      }
    }
  }

  private static func canTakeIn(_ graph: Graph, _ node: Node, _ producer: Node) -> Bool {
    switch (node.op, producer.op) {
    case (.silu, .conv2D(let conv)): conv.groups > 1
    case (.multiply, .gelu), (.multiply, .silu): hasEqualOperands(graph, node)
    case (.add, .conv2D(let conv)): conv.groups == 1 && hasEqualOperands(graph, node)
    default: false
    }
  }

  private static func hasEqualOperands(_ graph: Graph, _ node: Node) -> Bool {
    node.operands[0] != node.operands[1]
      && graph.type(of: node.operands[0]) == graph.type(of: node.operands[1])
  }
}
