import VMIRCore
import VMIRGraph

/// The recognised operators of an ONNX graph, before channel slices become splits.
struct RecognizedGraph {
  enum Operation: Equatable {
    case input
    case op(Op)
    /// Some of the channels of the operand.
    case channels(Range<Int>)
  }

  struct Weight {
    /// Name in the model; may be empty.
    let name: String
    let shape: [Int]
    let data: ConstantData
  }

  struct Node {
    let operation: Operation
    /// Numbers of earlier nodes, then weights.
    let operands: [Int]
    let weights: [Weight]
    let channels: Int
    let height: Int
    let width: Int
    /// Name in the model; may be empty.
    let name: String

    var elementCount: Int { channels * height * width }
  }

  var nodes: [Node] = []
  var output = 0

  mutating func add(
    _ operation: Operation, _ operands: [Int], weights: [Weight] = [], _ size: (Int, Int, Int),
    name: String
  ) -> Int {
    nodes.append(
      Node(
        operation: operation, operands: operands, weights: weights, channels: size.0,
        height: size.1, width: size.2, name: name))
    return nodes.count - 1
  }

  /// The node with this operation, without weights, on these operands: one that is there already, or
  /// a new one.
  mutating func shared(
    _ operation: Operation, _ operands: [Int], _ size: (Int, Int, Int), name: String
  ) -> Int {
    let known = nodes.indices.last { index in
      nodes[index].operands == operands && nodes[index].weights.isEmpty
        && nodes[index].operation == operation
    }
    return known ?? add(operation, operands, size, name: name)
  }

  /// The same graph with sums of constants, one for each channel, as biases of the 1x1 convolutions
  /// before them, where nothing else takes those.
  func joiningBiases() -> RecognizedGraph {
    var useCounts = [Int](repeating: 0, count: nodes.count)
    for node in nodes {
      for operand in node.operands { useCounts[operand] += 1 }
    }
    var result = self
    for (index, node) in nodes.enumerated() {
      guard case .op(.channelAffine) = node.operation, node.weights.count == 2,
        case .resident(let scale) = node.weights[0].data, scale.floats().allSatisfy({ $0 == 1 }),
        useCounts[node.operands[0]] == 1, output != node.operands[0]
      else { continue }
      let product = nodes[node.operands[0]]
      guard case .op(.conv2D(let op)) = product.operation, op.kernelSize == 1,
        product.weights.count == 1
      else { continue }
      result.nodes[index] = Node(
        operation: product.operation, operands: product.operands,
        weights: product.weights + [node.weights[1]], channels: node.channels,
        height: node.height, width: node.width, name: product.name)
    }
    return result
  }
}
