import CVMIRKernels
import VMIRCore
import VMIRGraph

/// Lays out the packed weights of a graph before any of them is loaded.
struct WeightLayout {
  let graph: Graph
  let kernels: Kernels
  private let options: PlanOptions
  /// How exact dense 3x3 convolutions are.
  let convolutions: ConvolutionAccuracy
  /// By convolution: the node whose group fuses it and needs its result split.
  private var partUsers: [NodeID: NodeID] = [:]
  /// By PReLU: the pixel shuffle that is fused with it.
  private var shuffles: [NodeID: NodeID] = [:]
  /// By convolution: the affine map whose shift its bias takes in.
  private var shifts: [NodeID: NodeID] = [:]
  private(set) var requests: [WeightRequest] = []
  /// Floats taken so far.
  private(set) var floatCount = 0
  /// Whether transformed weights of Winograd's convolutions are held.
  private var holdsTransformed = true

  init(graph: Graph, kernels: Kernels, options: PlanOptions, fusion: Fusion) {
    self.graph = graph
    self.kernels = kernels
    self.options = options
    convolutions = options.convolutions ?? graph.metadata.convolutionAccuracy
    for user in graph.nodeIDs {
      switch fusion.group(endingAt: user) {
      case .splitProduct(let convolution, _):
        partUsers[convolution] = user
      case .convolution(let group):
        guard let shuffle = group.shuffle else { continue }
        partUsers[group.convolution] = shuffle
        if let activation = group.activation { shuffles[activation] = shuffle }
      case .scaledResidual(let convolution, let affine):
        shifts[convolution] = affine
      case .scaledSum, .addedDepthwise, .activatedProduct, .activatedDepthwise, .activatedLine,
        .gate, .residual, .feedForward,
        .normGate, .normProduct, .channelAttention, .windowAttention, .mlp, nil:
        continue
      }
    }
    holdsTransformed = transformedByteCount <= options.mostTransformedByteCount
  }

  /// Bytes of the transformed weights of all convolutions that run by Winograd's algorithm.
  private var transformedByteCount: Int {
    var total = 0
    for id in graph.nodeIDs {
      guard case .conv2D(let op) = graph[id].op, op.kernelSize == 3, op.groups == 1 else {
        continue
      }
      let shape = counts(graph[id], 1)
      guard shape.count == 4,
        let tile = convolutions.winogradTile(
          c: shape[1], n: shape[0], minimum: options.minimumWinogradChannels)
      else { continue }
      let side = tile + 2
      total =
        checkedProduct([side * side, shape[0], shape[1], MemoryLayout<Float>.size])
        .flatMap { checkedSum(total, $0) } ?? .max
    }
    return total
  }

  /// Reserves space for the weights of one node.
  mutating func add(_ id: NodeID) throws(PlanError) -> NodeWeights {
    guard
      let weights = try operatorTable.addWeights(graph[id].op, of: id, to: &self)
    else { throw .unsupported(node: graph[id].name, reason: "it has no kernel") }
    return weights
  }

  /// The rows of a 1x1 convolution, cut where a fused split cuts its result.
  func parts(of n: Int, madeBy id: NodeID) -> [Range<Int>] {
    guard let user = partUsers[id], case .splitChannels(let split) = graph[user].op else {
      return [0..<n]
    }
    return [0..<split.counts[0], split.counts[0]..<n]
  }

  /// The outputs of a 3x3 convolution for each place in the square that they are shuffled to.
  func shuffledParts(of n: Int, madeBy id: NodeID) -> [[Int]] {
    guard let user = partUsers[id], case .pixelShuffle(let shuffle) = graph[user].op
    else { return [Array(0..<n)] }
    let square = shuffle.factor * shuffle.factor
    return (0..<square).map { Array(stride(from: $0, to: n, by: square)) }
  }

  /// The slopes of a PReLU, for each place of the pixel shuffle that is fused with it.
  mutating func slopes(of id: NodeID) throws(PlanError) -> WeightSlot {
    let node = graph[id]
    guard let shuffle = shuffles[id], case .pixelShuffle(let op) = graph[shuffle].op else {
      return try plain(node, 1)
    }
    let channels = Array(0..<(counts(node, 1).first ?? 0))
    let elements = (0..<op.factor * op.factor).flatMap { _ in channels }
    return try reserve(elements.count, .elements(elements), node, operands: [1])
  }

  /// The bias of a 1x1 convolution, with the shift of the residual that is added to its result.
  mutating func shiftedBias(
    of id: NodeID, _ operand: Int, count: Int
  ) throws(PlanError) -> WeightSlot? {
    let node = graph[id]
    guard let affine = shifts[id] else { return try bias(node, operand, Array(0..<count)) }
    let shift = graph[affine].operands[2]
    var values = [shift]
    if operand < node.operands.count { values.append(node.operands[operand]) }
    return try reserve(count, .sum(count: count), node, values: values)
  }

  func counts(_ node: Node, _ operand: Int) -> [Int] {
    graph.type(of: node.operands[operand]).fixedShape ?? []
  }

  func matrixSize(_ n: Int, _ k: Int) -> Int {
    switch options.gemm {
    case .builtIn: kernels.table.pointee.gemm_packed_count(n, k)
    case .external: n * k
    }
  }

  mutating func matrix(
    _ node: Node, _ operand: Int, rows: [Int], k: Int, biasOperand: Int?
  ) throws(PlanError) -> PackedMatrix {
    let slot = try reserve(
      matrixSize(rows.count, k), .matrix(rows: rows, k: k), node, operands: [operand])
    return PackedMatrix(
      slot: slot, rowCount: rows.count, bias: try bias(node, biasOperand, rows))
  }

  mutating func convolution(
    _ node: Node, _ outputs: [Int], _ c: Int
  ) throws(PlanError) -> PackedConvolution {
    var rows: [WeightSlot] = []
    for dy in 0..<3 {
      rows.append(
        try reserve(
          matrixSize(outputs.count, 3 * c), .convolutionRow(outputs: outputs, c: c, dy: dy), node,
          operands: [1]))
    }
    return PackedConvolution(
      rows: rows, rowCount: outputs.count, bias: try bias(node, 2, outputs))
  }

  /// The same by minimal filtering, where that is faster and exact enough.
  mutating func winograd(
    _ node: Node, _ places: [[Int]], _ c: Int
  ) throws(PlanError) -> PackedWinograd? {
    let n = places[0].count
    guard case .builtIn = options.gemm,
      let factor = (1...8).first(where: { $0 * $0 == places.count }),
      let tile = convolutions.winogradTile(
        c: c, n: n, minimum: options.minimumWinogradChannels)
    else { return nil }
    let size =
      holdsTransformed
      ? kernels.table.pointee.winograd_packed_count(tile, c, n, factor)
      : kernels.table.pointee.winograd_taps_count(c, n, factor)
    let slot = try reserve(
      size, .winograd(tile: holdsTransformed ? tile : nil, c: c, n: n, factor: factor), node,
      operands: [1])
    return PackedWinograd(
      slot: slot, isTransformed: holdsTransformed, tile: tile, outputs: n, factor: factor,
      bias: try bias(node, 2, Array(places.joined())))
  }

  mutating func bias(
    _ node: Node, _ operand: Int?, _ elements: [Int]
  ) throws(PlanError) -> WeightSlot? {
    guard let operand, operand < node.operands.count else { return nil }
    let isWhole = elements.indices.allSatisfy { elements[$0] == $0 }
    return try reserve(
      elements.count, isWhole ? .whole(count: elements.count) : .elements(elements), node,
      operands: [operand])
  }

  mutating func plain(_ node: Node, _ operand: Int) throws(PlanError) -> WeightSlot {
    guard let size = checkedProduct(counts(node, operand)) else {
      throw .tooLarge(node: node.name)
    }
    return try reserve(size, .whole(count: size), node, operands: [operand])
  }

  mutating func reserve(
    _ size: Int, _ form: WeightRequest.Form, _ node: Node, operands: [Int]
  ) throws(PlanError) -> WeightSlot {
    try reserve(size, form, node, values: operands.map { node.operands[$0] })
  }

  private mutating func reserve(
    _ size: Int, _ form: WeightRequest.Form, _ node: Node, values: [ValueID]
  ) throws(PlanError) -> WeightSlot {
    var constants: [Int] = []
    for value in values {
      guard case .constant(let index) = graph.values[value.index].origin else {
        throw .unsupported(node: node.name, reason: "a weight that is computed has no kernel")
      }
      constants.append(index)
    }
    let slot = WeightSlot(offset: floatCount)
    guard let padded = checkedRoundUp(size, toMultipleOf: 16),
      let next = checkedSum(floatCount, padded)
    else { throw .tooLarge(node: node.name) }
    floatCount = next
    requests.append(WeightRequest(slot: slot, size: size, form: form, constants: constants))
    return slot
  }
}
