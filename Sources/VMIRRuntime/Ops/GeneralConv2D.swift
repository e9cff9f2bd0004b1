import VMIRGraph

extension GeneralConv2D: PlannedOperator {
  /// A matrix for each group, or `[kh kw][C]` where each channel is for itself.
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph[id]
    let weight = layout.counts(node, 1)
    let (n, c, taps) = (weight[0], weight[1], weight[2] * weight[3])
    if groups > 1, c == 1, n == groups {
      let slot = try layout.reserve(
        taps * n, .channelTaps(channels: n, taps: taps), node, operands: [1])
      return .channels(slot, bias: node.operands.count > 2 ? try layout.plain(node, 2) : nil)
    }
    var matrices: [PackedMatrix] = []
    for group in 0..<groups {
      let rows = Array(group * (n / groups)..<(group + 1) * (n / groups))
      let slot = try layout.reserve(
        layout.matrixSize(rows.count, taps * c), .patches(outputs: rows, c: c, taps: taps), node,
        operands: [1])
      matrices.append(
        PackedMatrix(slot: slot, rowCount: rows.count, bias: try layout.bias(node, 2, rows)))
    }
    return .matrices(matrices)
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let node = builder.graph[id]
    let x = try builder.view(node.operands[0])
    let y = try builder.define(node.results[0])
    let geometry = ConvolutionGeometry(self)
    let cost =
      2 * Double(geometry.tapCount) * builder.elements(y) * Double(x.channels) / Double(groups)
    if case .channels(let taps, let bias) = builder.weights[id] {
      let step = GeneralDepthwiseStep(x: x, y: y, geometry: geometry, taps: taps, bias: bias)
      builder.append(.generalDepthwise(step), [x, y], cost: cost)
    } else if case .matrices(let matrices) = builder.weights[id] {
      let step = GeneralConvolutionStep(
        x: x, y: y, geometry: geometry, groups: matrices, gemm: builder.weights.options.gemm)
      builder.append(.generalConvolution(step), [x, y], cost: cost)
    } else {
      throw builder.unsupported(id)
    }
  }
}
