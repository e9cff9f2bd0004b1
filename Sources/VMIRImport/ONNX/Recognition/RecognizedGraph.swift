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

  /// Number of a node; neither that of a value of the model nor that of a node of the IR.
  struct ID: Hashable, Sendable {
    let index: Int
  }

  struct Node {
    let operation: Operation
    /// Earlier nodes; weights follow them.
    let operands: [ID]
    let weights: [Weight]
    let channels: Int
    let height: Int
    let width: Int
    /// Name in the model; may be empty.
    let name: String

    var elementCount: Int { channels * height * width }
  }

  private(set) var nodes: [Node] = []
  /// Elements of weights that were computed, and of lists of pixels.
  private(set) var madeCount = 0
  var output = ID(index: 0)

  subscript(_ id: ID) -> Node { nodes[id.index] }

  mutating func add(
    _ operation: Operation, _ operands: [ID], weights: [Weight] = [], _ size: (Int, Int, Int),
    name: String
  ) -> ID {
    for weight in weights {
      if case .resident(let tensor) = weight.data { madeCount &+= tensor.elementCount }
    }
    if case .op(.gatherPixels(let op)) = operation {
      madeCount &+= op.rows.count + op.columns.count
    }
    nodes.append(
      Node(
        operation: operation, operands: operands, weights: weights, channels: size.0,
        height: size.1, width: size.2, name: name))
    return ID(index: nodes.count - 1)
  }

  /// The node with this operation, without weights, on these operands: one that is there already, or
  /// a new one.
  mutating func shared(
    _ operation: Operation, _ operands: [ID], _ size: (Int, Int, Int), name: String
  ) -> ID {
    let known = nodes.indices.last { index in
      nodes[index].operands == operands && nodes[index].weights.isEmpty
        && nodes[index].operation == operation
    }
    return known.map(ID.init) ?? add(operation, operands, size, name: name)
  }

  /// The same graph with sums of constants, one for each channel, as biases of the 1x1 convolutions
  /// before them, where nothing else takes those.
  func joiningBiases() -> RecognizedGraph {
    var useCounts = [Int](repeating: 0, count: nodes.count)
    for node in nodes {
      for operand in node.operands { useCounts[operand.index] += 1 }
    }
    var result = self
    for (index, node) in nodes.enumerated() {
      guard case .op(.channelAffine) = node.operation, node.weights.count == 2,
        case .resident(let scale) = node.weights[0].data, scale.floats().allSatisfy({ $0 == 1 }),
        useCounts[node.operands[0].index] == 1, output != node.operands[0]
      else { continue }
      let product = self[node.operands[0]]
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

/// One element of a node's result.
struct NodeElement: Hashable {
  let node: RecognizedGraph.ID
  /// Flat index of `[C, H, W]`.
  let index: Int
}
