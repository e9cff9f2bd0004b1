import VMIRCore
import VMIRGraph

/// Pairs the values of two graphs that compute the same of their constants.
///
/// Operands of sums and products may be in either order. Extents are not compared, operators and
/// shapes of constants are.
struct GraphMatch {
  /// By index of a constant of the first graph: that of the second.
  let constants: [Int: Int]

  /// Pairs the graphs from their outputs; nil where they differ.
  init?(_ first: Graph, _ second: Graph) {
    var numbering = Numbering()
    let numbers = (numbering.numbers(first), numbering.numbers(second))
    guard first.outputs.count == 1, second.outputs.count == 1 else { return nil }
    var pairs: [Int: Int] = [:]
    var inverse: [Int: Int] = [:]
    var constants: [Int: Int] = [:]
    var stack = [(first.outputs[0], second.outputs[0])]
    while let (a, b) = stack.popLast() {
      if let known = pairs[a.index] {
        guard known == b.index else { return nil }
        continue
      }
      guard numbers.0[a.index] == numbers.1[b.index],
        inverse.updateValue(a.index, forKey: b.index) == nil
      else { return nil }
      pairs[a.index] = b.index
      switch (first.values[a.index].origin, second.values[b.index].origin) {
      case (.input, .input): continue
      case (.constant(let x), .constant(let y)): constants[x] = y
      case (.node(let x, let i), .node(let y, let j)):
        let (left, right) = (first[x], second[y])
        guard i == j, left.operands.count == right.operands.count else { return nil }
        var operands = right.operands
        if left.op.descriptor.isCommutative,
          numbers.0[left.operands[0].index] != numbers.1[operands[0].index]
        {
          operands.swapAt(0, 1)
        }
        stack += zip(left.operands, operands)
      default: return nil
      }
    }
    self.constants = constants
  }

  /// Gives equal numbers to values that are computed alike.
  private struct Numbering {
    private var known: [String: Int] = [:]

    mutating func numbers(_ graph: Graph) -> [Int] {
      var numbers: [Int] = []
      for value in graph.values {
        let key: String
        switch value.origin {
        case .input: key = "input"
        case .constant(let index): key = "constant \(graph.constants[index].type)"
        case .node(let id, let result):
          let node = graph[id]
          var operands = node.operands.map { numbers[$0.index] }
          if node.op.descriptor.isCommutative { operands.sort() }
          key = "\(node.op.mnemonic) \(node.op.attributes) \(operands) \(result)"
        }
        numbers.append(known[key, default: known.count])
        known[key] = numbers[numbers.count - 1]
      }
      return numbers
    }
  }
}
