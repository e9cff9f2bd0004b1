import VMIRGraph

extension Resample: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    guard max(x.height, x.width, y.height, y.width) <= Resample.sideLimit else {
      throw .tooLarge(node: node.name)
    }
    // Where a side is made smaller, the taps of a pixel are more.
    try builder.list(
      max(x.height, y.height) + max(x.width, y.width),
      entryByteCount: ResampleTaps.usualByteCount)
    func scale(_ ratio: [Int]) -> Double { Double(ratio[0]) / Double(ratio[1]) }
    let step = ResampleStep(
      x: x, y: y, rows: taps(scale: scale(height), from: x.height, to: y.height),
      columns: taps(scale: scale(width), from: x.width, to: y.width))
    builder.append(
      .resample(step), [x, y],
      cost: 4 * builder.elements(y) * Double(step.columns.first?.weights.count ?? 1))
  }
}
