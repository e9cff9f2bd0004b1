import VMIRGraph

extension DilatedConv2D: PlannedOperator {
  /// A matrix `[O][C]` for each tap; the one in the middle has the bias.
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph[id]
    let weight = layout.counts(node, 1)
    let (n, c) = (weight[0], weight[1])
    let tapCount = kernelSize * kernelSize
    var taps: [PackedMatrix] = []
    for tap in 0..<tapCount {
      let slot = try layout.reserve(
        layout.matrixSize(n, c), .tap(tap, of: tapCount, n: n, c: c), node, operands: [1])
      let hasBias = tap == tapCount / 2 && node.operands.count > 2
      taps.append(
        PackedMatrix(slot: slot, rowCount: n, bias: hasBias ? try layout.plain(node, 2) : nil))
    }
    return .matrices(taps)
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    guard case .matrices(let taps) = builder.weights[id] else {
      throw builder.unsupported(id)
    }
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    let step = DilatedConvolutionStep(
      x: x, y: y, kernelSize: kernelSize, dilation: dilation, taps: taps,
      gemm: builder.weights.options.gemm)
    builder.append(
      .dilatedConvolution(step), [x, y],
      cost: 2 * Double(taps.count) * builder.elements(y) * Double(x.channels))
  }
}
