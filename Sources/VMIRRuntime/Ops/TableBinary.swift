import VMIRCore
import VMIRGraph

extension TableBinary: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph[id]
    let shape = layout.counts(node, 1)
    guard let channels = layout.graph.type(of: node.operands[0]).shape[1].fixedCount,
      let size = checkedProduct([channels, shape[1], shape[2]]), size < 1 << 40
    else { throw .tooLarge(node: node.name) }
    // `[T][W or 1][C]`, as the image lies.
    var elements: [Int] = []
    elements.reserveCapacity(size)
    for row in 0..<shape[1] {
      for column in 0..<shape[2] {
        for channel in 0..<channels {
          elements.append(
            ((shape[0] == 1 ? 0 : channel) * shape[1] + row) * shape[2] + column)
        }
      }
    }
    let slot = try layout.reserve(size, .elements(elements), node, operands: [1])
    return .channels(slot, bias: nil)
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    guard case .channels(let table, _) = builder.weights[id],
      let shape = builder.graph.type(of: node.operands[1]).fixedShape
    else { throw builder.unsupported(id) }
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    let step = TableBinaryStep(
      function: function, x: x, y: y, table: table, rows: shape[1], divisor: divisor,
      isWide: shape[2] != 1)
    builder.append(.tableBinary(step), [x, y], cost: builder.elements(x))
  }
}
