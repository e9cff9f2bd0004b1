import VMIRGraph

extension Conv2D: PlannedOperator {
  func addWeights(of index: Int, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph.nodes[index]
    let weight = layout.counts(node, 1)
    let (n, c) = (weight[0], weight[1])
    switch (kernelSize, groups) {
    case (1, 1):
      var matrices: [PackedMatrix] = []
      for rows in layout.parts(of: n, madeBy: index) {
        matrices.append(try layout.matrix(node, 1, rows: Array(rows), k: c, biasOperand: 2))
      }
      return .matrices(matrices)
    case (3, 1) where n <= 4 && layout.shuffledParts(of: n, madeBy: index).count == 1:
      let slot = try layout.reserve(
        layout.matrixSize(9 * n, c), .taps(n: n, c: c), node, operands: [1])
      let bias = node.operands.count > 2 ? try layout.plain(node, 2) : nil
      return .taps(PackedMatrix(slot: slot, rowCount: 9 * n, bias: nil), outputs: n, bias: bias)
    case (3, 1):
      var convolutions: [PackedConvolution] = []
      for outputs in layout.shuffledParts(of: n, madeBy: index) {
        convolutions.append(try layout.convolution(node, outputs, c))
      }
      return .convolutions(convolutions)
    case (3, n) where c == 1:
      let slot = try layout.reserve(9 * n, .depthwise(c: n), node, operands: [1])
      return .channels(slot, bias: node.operands.count > 2 ? try layout.plain(node, 2) : nil)
    default:
      throw .unsupported(
        node: node.name,
        reason: "a convolution of kernel \(kernelSize) in \(groups) groups has no kernel")
    }
  }

  func addSteps(of index: Int, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addConvolution(
      index, residual: nil, result: builder.graph.nodes[index].results[0])
  }

  func fusedGroup(endingAt index: Int, _ matcher: FusionMatcher) -> (FusedGroup, [Int])? {
    matcher.matchNormProduct(index)
  }
}
