import CVMIRKernels
import VMIRCore
import VMIRGraph

extension QuantizedConv2D: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph[id]
    let weight = layout.counts(node, 1)
    let scale: Float =
      switch activation {
      case .dynamic: 0
      case .fixed(let scale): scale
      }
    var quantization = Quantization(scale: scale)
    if let smoothing = smoothingPosition {
      quantization.factor = .weights(try layout.plain(node, smoothing))
    }
    let outputs =
      kernelSize == 1
      ? layout.parts(of: weight[0], madeBy: id).map { Array($0) }
      : layout.shuffledParts(of: weight[0], madeBy: id)
    var matrices: [PackedMatrix] = []
    for rows in outputs {
      matrices.append(try integers(node, rows, weight[1], quantization, &layout))
    }
    if kernelSize == 1 { return .matrices(matrices) }
    return .integerConvolutions(matrices, quantization, kernelSize: kernelSize)
  }

  /// These outputs of a convolution of `c` channels.
  private func integers(
    _ node: Node, _ rows: [Int], _ c: Int, _ quantization: Quantization,
    _ layout: inout WeightLayout
  ) throws(PlanError) -> PackedMatrix {
    guard let taps = checkedProduct([kernelSize, kernelSize]),
      checkedProduct([rows.count + 64, c + 8, taps, 4]) != nil
    else { throw .tooLarge(node: node.name) }
    let size = layout.kernels.table.pointee.gemm_i8_packed_size(rows.count, c, taps)
    let slot = try layout.reserve(
      size / MemoryLayout<Float>.size, .integers(rows: rows, c: c, taps: taps), node, operands: [1])
    let weightScale = try layout.reserve(rows.count, .elements(rows), node, operands: [2])
    return PackedMatrix(
      slot: slot, rowCount: rows.count, bias: try layout.bias(node, biasPosition, rows),
      integers: Int8Scaling(weightScale: weightScale, quantization: quantization))
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    try builder.addConvolution(
      id, residual: nil, result: builder.graph[id].results[0])
  }

  func fusedGroup(endingAt id: NodeID, _ matcher: FusionMatcher) -> (FusedGroup, [NodeID])? {
    matcher.matchProjectedAttention(id) ?? matcher.matchNormProduct(id)
  }
}
