import VMIRCore
import VMIRGraph

extension WindowAttention: PlannedOperator {
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    // The kernel's entries go by the key's place from the query, the operand's the other way.
    let count = (2 * window - 1) * (2 * window - 1)
    return try layout.attentionTable(index) { count - 1 - $0 }
  }

  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addAttention(index, window: window, reach: window, shift: shift, scale: scale)
  }
}

extension WeightLayout {
  /// The table of an attention, operand 1 `[entries, heads]`, as `[heads][entries]`.
  ///
  /// - Parameters:
  ///   - index: The node.
  ///   - row: The operand's row that an entry of the kernel's is of.
  /// - Returns: The table's place.
  /// - Throws: `tooLarge`.
  mutating func attentionTable(
    _ index: Int, _ row: (Int) -> Int
  ) throws(PlanError) -> NodeWeights {
    let node = graph.nodes[index]
    let shape = counts(node, 1)
    let (entries, heads) = (shape[0], shape[1])
    var elements: [Int] = []
    elements.reserveCapacity(entries * heads)
    for head in 0..<heads {
      for entry in 0..<entries { elements.append(row(entry) * heads + head) }
    }
    let slot = try reserve(elements.count, .elements(elements), node, operands: [1])
    return .channels(slot, bias: nil)
  }
}

extension PlanBuilder {
  /// Attention in windows.
  mutating func addAttention(
    _ index: Int, window: Int, reach: Int, shift: Int, scale: Float
  ) throws(PlanError) {
    let node = graph.nodes[index]
    guard case .channels(let table, _) = weights.nodes[index],
      let heads = graph.type(of: node.operands[1]).shape[1].fixedCount
    else { throw unsupported(index) }
    let qkv = try view(node.operands[0])
    let y = try define(node.results[0])
    let step = WindowAttentionStep(
      qkv: qkv, y: y, table: table, heads: heads, window: window, reach: reach, shift: shift,
      scale: scale)
    append(
      .windowAttention(step), [qkv, y], cost: 4 * elements(y) * Double(reach) * Double(reach))
  }
}
