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
}
