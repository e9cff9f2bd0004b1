import CVMIRKernels
import VMIRGraph

extension OmniScan: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let node = layout.graph[id]
    let channels = layout.counts(node, 1)[2]
    let rows = layout.counts(node, 1)[1]
    let states = layout.counts(node, 4)[1]
    let rank = layout.counts(node, 2)[2]
    var projections: [PackedMatrix] = []
    for directions in OmniScanStep.passes(channels: channels) {
      let wanted = directions.flatMap { Array($0 * rows..<($0 + 1) * rows) }
      projections.append(try layout.matrix(node, 1, rows: wanted, k: channels, biasOperand: nil))
    }
    let size = layout.kernels.table.pointee.selective_scan_packed_count(channels, states, rank)
    let pack = try layout.reserve(
      size, .scan(channels: channels, states: states, rank: rank), node, operands: [2, 3, 4, 5])
    return .omniScan(projections: projections, pack: pack)
  }

  func addSteps(of id: NodeID, to builder: inout PlanBuilder) throws(PlanError) {
    let (y, other) = try builder.addOmniScan(
      id, result: builder.graph[id].results[0])
    guard let other else { return }
    builder.append(
      .binary(BinaryStep(function: .add, a: y, b: other, y: y)), [y, other],
      cost: builder.elements(y))
  }
}
