import VMIRGraph

extension MaxPool2D: PlannedOperator {
  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    let step = MaxPoolStep(
      x: x, y: y, kernel: kernel, strides: strides, dilations: dilations,
      pads: [pads[0], pads[1]])
    builder.append(
      .maxPool(step), [x, y], cost: Double(kernel[0] * kernel[1]) * builder.elements(y))
  }
}
