import ONNXModel
import VMIRCore

// What computing a node's constants costs, against what InliningLimits allow.
extension ONNXInliner {
  /// Integers that a node's form may be read from.
  func readingCost(_ node: InlinedGraph.Node) -> Int {
    node.inputs.compactMap { program.constant($0) }.filter { $0.isInteger }
      .reduce(0) { checkedSum($0, $1.count) ?? .max }
  }

  /// Elements that a node costs: positions of what it moves, and, where all its operands are
  /// constant, what is computed.
  func computingCost(_ node: InlinedGraph.Node, _ inferred: InferredOutputs) -> Int {
    let constants = node.inputs.compactMap { program.constant($0) }
    var counts = inferred.movements.map { $0?.positionCount ?? 0 }
    let isFolded = node.inputs.allSatisfy { $0 == nil || program.constant($0) != nil }
    if isFolded, node.op != "Constant" {
      counts += inferred.shapes.map { $0.reduce(1, *) }
      switch node.op {
      case "MatMul":
        // Eight sums take as long as one element of other operators.
        let inner = constants.first?.shape.last ?? 1
        counts.append(
          checkedProduct([inferred.shapes[0].reduce(1, *), inner]).map { $0 / 8 } ?? .max)
      default:
        if node.op.hasPrefix("Reduce") || node.op == "Resize" || node.op.hasPrefix("Scatter") {
          counts += constants.map { $0.count }
        }
      }
    }
    return counts.reduce(0) { checkedSum($0, $1) ?? .max }
  }
}
