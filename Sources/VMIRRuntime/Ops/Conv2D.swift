import VMIRCore
import VMIRGraph

extension Conv2D: PlannedOperator {
  /// Most channels to which a 3x3 convolution is computed as one matrix of its taps.
  static let tapOutputLimit = 4

  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph[id]
    let weight = layout.counts(node, 1)
    let (n, c) = (weight[0], weight[1])
    switch (kernelSize, groups) {
    case (1, 1):
      let parts = layout.parts(of: n, madeBy: id)
      guard parts.count == 1 else {
        var matrices: [PackedMatrix] = []
        for rows in parts {
          matrices.append(try layout.matrix(node, 1, rows: Array(rows), k: c, biasOperand: 2))
        }
        return .matrices(matrices)
      }
      var matrix = try layout.matrix(node, 1, rows: Array(0..<n), k: c, biasOperand: nil)
      matrix.bias = try layout.shiftedBias(of: id, 2, count: n)
      return .matrices([matrix])
    case (3, 1) where n <= Conv2D.tapOutputLimit:
      let slot = try layout.reserve(
        layout.matrixSize(9 * n, c), .taps(n: n, c: c), node, operands: [1])
      let bias = node.operands.count > 2 ? try layout.plain(node, 2) : nil
      return .taps(PackedMatrix(slot: slot, rowCount: 9 * n, bias: nil), outputs: n, bias: bias)
    case (3, 1):
      let places = layout.shuffledParts(of: n, madeBy: id)
      if let winograd = try layout.winograd(node, places, c) { return .winograd(winograd) }
      var convolutions: [PackedConvolution] = []
      for outputs in places {
        convolutions.append(try layout.convolution(node, outputs, c))
      }
      return .convolutions(convolutions)
    case (3, n) where c == 1:
      let slot = try layout.reserve(9 * n, .depthwise(c: n), node, operands: [1])
      return .channels(slot, bias: node.operands.count > 2 ? try layout.plain(node, 2) : nil)
    default: return try general.addWeights(of: id, to: &layout)
    }
  }

  /// The same convolution by the operator for any kernel.
  private var general: GeneralConv2D {
    GeneralConv2D(
      kernel: [kernelSize, kernelSize], pads: [Int](repeating: kernelSize / 2, count: 4),
      groups: groups)
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let weight = builder.graph.type(of: builder.graph[id].operands[1]).fixedShape ?? []
    guard kernelSize <= 3 && groups == 1 || kernelSize == 3 && weight.dropFirst().first == 1,
      groups == 1 || weight.first == groups
    else { return try general.addSteps(of: id, to: &builder) }
    try builder.addConvolution(
      id, residual: nil, result: builder.graph[id].results[0])
  }

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    matcher.matchProjectedAttention(id) ?? matcher.matchNormProduct(id)
  }
}
