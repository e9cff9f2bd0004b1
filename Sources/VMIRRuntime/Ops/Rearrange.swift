import VMIRGraph

extension Rearrange: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    guard max(y.channels, y.height, y.width) <= Rearrange.sideLimit else {
      throw .tooLarge(node: node.name)
    }
    try builder.list(
      y.channels + y.height + y.width, entryByteCount: MemoryLayout<Int>.size)
    let places = places(
      x.channels, x.height, x.width, steps: (1, x.width * x.stride, x.stride))
    let step = TransposeStep(
      x: x, y: y, channels: places.channels, rows: places.rows, columns: places.columns)
    builder.append(.transpose(step), [x, y], cost: 2 * builder.elements(y))
  }
}
