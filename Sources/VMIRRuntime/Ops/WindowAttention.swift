import VMIRCore
import VMIRGraph

extension WindowAttention: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    // The kernel's entries go by the key's place from the query, the operand's the other way.
    let count = (2 * window - 1) * (2 * window - 1)
    return try layout.attentionTable(id) { count - 1 - $0 }
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addAttention(id, window: window, reach: window, shift: shift, scale: scale)
  }
}

extension WeightLayout {
  /// The table of an attention, operand 1 `[entries, heads]`, as `[heads][entries]`.
  ///
  /// - Parameters:
  ///   - id: The node.
  ///   - row: The operand's row that entry `j` of the kernel is of.
  /// - Returns: The table.
  /// - Throws: `tooLarge`.
  mutating func attentionTable(
    _ id: NodeID, _ row: (Int) -> Int
  ) throws(PlanError) -> NodeWeights {
    let node = graph[id]
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
    _ id: NodeID, window: Int, reach: Int, shift: Int, scale: Float
  ) throws(PlanError) {
    let node = graph[id]
    guard case .channels(let table, _) = weights[id],
      let heads = graph.type(of: node.operands[1]).shape[1].fixedCount
    else { throw unsupported(id) }
    let qkv = try view(node.operands[0])
    let y = try define(node.results[0])
    let step = WindowAttentionStep(
      qkv: qkv, y: y, table: table, heads: heads, window: window, reach: reach, shift: shift,
      scale: scale)
    append(
      .windowAttention(step), [qkv, y], cost: 4 * elements(y) * Double(reach) * Double(reach))
  }
}
