import CVMIRKernels
import VMIRGraph

extension OmniScan: PlannedOperator {
  func addWeights(of id: NodeID, to layout: inout WeightLayout) throws(PlanError) -> NodeWeights {
    let channels = layout.counts(layout.graph[id], 1)[2]
    return try layout.scan(
      id, passes: OmniScanStep.passes(channels: channels),
      directionCount: OmniScan.directionCount)
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

extension WeightLayout {
  /// The weights of a scan: projection, deltaWeight, deltaBias, aLog, d from operand `first` on.
  ///
  /// - Parameters:
  ///   - id: The node.
  ///   - passes: The directions of each pass, which has a projection of its own.
  ///   - directionCount: Directions of the weights.
  ///   - first: The operand that is the projection.
  /// - Returns: Where they are.
  /// - Throws: `tooLarge`, `unsupported`.
  mutating func scan(
    _ id: NodeID, passes: [[Int]], directionCount: Int, first: Int = 1
  ) throws(PlanError) -> NodeWeights {
    let node = graph[id]
    let (rows, channels) = (counts(node, first)[1], counts(node, first)[2])
    let states = counts(node, first + 3)[1]
    let rank = counts(node, first + 1)[2]
    var projections: [PackedMatrix] = []
    for directions in passes {
      let wanted = directions.flatMap { Array($0 * rows..<($0 + 1) * rows) }
      projections.append(try matrix(node, first, rows: wanted, k: channels, biasOperand: nil))
    }
    let size = kernels.table.pointee.selective_scan_packed_count(
      directionCount, channels, states, rank)
    let pack = try reserve(
      size,
      .scan(directions: directionCount, channels: channels, states: states, rank: rank), node,
      operands: Array(first + 1...first + 4))
    return .omniScan(projections: projections, pack: pack, prompt: nil)
  }
}
