import CVMIRKernels
import VMIRCore
import VMIRGraph

/// Decides where each weight of a graph goes before any of them is loaded.
struct WeightLayout {
  private let graph: Graph
  private let kernels: Kernels
  private let options: PlanOptions
  /// By index of a convolution: the node whose group takes it in and wants its result in parts.
  private var partUsers: [Int: Int] = [:]
  private(set) var requests: [WeightRequest] = []
  /// Floats taken so far.
  private(set) var floatCount = 0

  init(graph: Graph, kernels: Kernels, options: PlanOptions, fusion: Fusion) {
    self.graph = graph
    self.kernels = kernels
    self.options = options
    for (user, group) in fusion.groups.enumerated() {
      switch group {
      case .splitProduct(let convolution, _), .shuffledConvolution(let convolution):
        partUsers[convolution] = user
      case .activatedDepthwise, .gate, .residual, .feedForward, .normGate, .normProduct, nil:
        continue
      }
    }
  }

  /// Makes room for the weights of one node.
  mutating func add(_ index: Int) throws(PlanError) -> NodeWeights {
    let node = graph.nodes[index]
    switch node.op {
    case .conv2D(let op): return try add(op, index)
    case .quantizedConv2D(let op): return try add(op, index)
    case .dequantize:
      throw .unsupported(node: node.name, reason: "a weight in integers is not made of constants")
    case .layerNorm:
      return .channels(
        try plain(node, 1), bias: node.operands.count > 2 ? try plain(node, 2) : nil)
    case .omniScan: return try addOmniScan(node)
    case .channelScan:
      var slots: [WeightSlot] = []
      for operand in 1..<node.operands.count { slots.append(try plain(node, operand)) }
      return .channelScan(slots)
    case .prelu: return .channels(try plain(node, 1), bias: nil)
    case .silu, .gelu, .sigmoid, .add, .multiply, .splitChannels, .concatChannels,
      .pixelShuffle, .pixelUnshuffle, .globalAveragePool, .resizeNearest:
      return .none
    }
  }

  private mutating func add(_ op: Conv2D, _ index: Int) throws(PlanError) -> NodeWeights {
    let node = graph.nodes[index]
    let weight = counts(node, 1)
    let (n, c) = (weight[0], weight[1])
    switch (op.kernelSize, op.groups) {
    case (1, 1):
      var matrices: [PackedMatrix] = []
      for rows in parts(of: n, madeBy: index) {
        matrices.append(try matrix(node, 1, rows: Array(rows), k: c, biasOperand: 2))
      }
      return .matrices(matrices)
    case (3, 1) where n <= 4:
      let slot = try reserve(
        matrixSize(9 * n, c), .taps(n: n, c: c), node, operands: [1])
      let bias = node.operands.count > 2 ? try plain(node, 2) : nil
      return .taps(PackedMatrix(slot: slot, rowCount: 9 * n, bias: nil), outputs: n, bias: bias)
    case (3, 1):
      var convolutions: [PackedConvolution] = []
      for outputs in shuffledParts(of: n, madeBy: index) {
        convolutions.append(try convolution(node, outputs, c))
      }
      return .convolutions(convolutions)
    case (3, n) where c == 1:
      let slot = try reserve(9 * n, .depthwise(c: n), node, operands: [1])
      return .channels(slot, bias: node.operands.count > 2 ? try plain(node, 2) : nil)
    default:
      throw .unsupported(
        node: node.name,
        reason: "a convolution of kernel \(op.kernelSize) in \(op.groups) groups has no kernel")
    }
  }

  private mutating func add(
    _ op: QuantizedConv2D, _ index: Int
  ) throws(PlanError) -> NodeWeights {
    let node = graph.nodes[index]
    let weight = counts(node, 1)
    let scale: Float =
      switch op.activation {
      case .dynamic: 0
      case .fixed(let scale): scale
      }
    var quantization = Quantization(scale: scale)
    if let smoothing = op.smoothingPosition {
      quantization.factor = .weights(try plain(node, smoothing))
    }
    let outputs =
      op.kernelSize == 1
      ? parts(of: weight[0], madeBy: index).map { Array($0) }
      : shuffledParts(of: weight[0], madeBy: index)
    var matrices: [PackedMatrix] = []
    for rows in outputs {
      matrices.append(try integers(op, node, rows, weight[1], quantization))
    }
    if op.kernelSize == 1 { return .matrices(matrices) }
    return .integerConvolutions(matrices, quantization, kernelSize: op.kernelSize)
  }

  /// These outputs of a convolution in integers of `c` channels.
  private mutating func integers(
    _ op: QuantizedConv2D, _ node: Node, _ rows: [Int], _ c: Int, _ quantization: Quantization
  ) throws(PlanError) -> PackedMatrix {
    guard let taps = checkedProduct([op.kernelSize, op.kernelSize]),
      checkedProduct([rows.count + 64, c + 8, taps, 4]) != nil
    else { throw .tooLarge(node: node.name) }
    let size = kernels.table.pointee.gemm_i8_packed_size(rows.count, c, taps)
    let slot = try reserve(
      size / MemoryLayout<Float>.size, .integers(rows: rows, c: c, taps: taps), node, operands: [1])
    let weightScale = try reserve(rows.count, .elements(rows), node, operands: [2])
    return PackedMatrix(
      slot: slot, rowCount: rows.count, bias: try bias(node, op.biasPosition, rows),
      integers: IntegerForm(weightScale: weightScale, quantization: quantization))
  }

  private mutating func addOmniScan(_ node: Node) throws(PlanError) -> NodeWeights {
    let channels = counts(node, 1)[2]
    let rows = counts(node, 1)[1]
    let states = counts(node, 4)[1]
    let rank = counts(node, 2)[2]
    var projections: [PackedMatrix] = []
    for directions in OmniScanStep.passes(channels: channels) {
      let wanted = directions.flatMap { Array($0 * rows..<($0 + 1) * rows) }
      projections.append(try matrix(node, 1, rows: wanted, k: channels, biasOperand: nil))
    }
    let size = kernels.table.pointee.selective_scan_packed_count(channels, states, rank)
    let pack = try reserve(
      size, .scan(channels: channels, states: states, rank: rank), node, operands: [2, 3, 4, 5])
    return .omniScan(projections: projections, pack: pack)
  }

  /// The rows of a 1x1 convolution, cut where a split that takes it in cuts its result.
  private func parts(of n: Int, madeBy index: Int) -> [Range<Int>] {
    guard let user = partUsers[index], case .splitChannels(let split) = graph.nodes[user].op else {
      return [0..<n]
    }
    return [0..<split.counts[0], split.counts[0]..<n]
  }

  /// The outputs of a 3x3 convolution for each place in the square that they are shuffled to.
  private func shuffledParts(of n: Int, madeBy index: Int) -> [[Int]] {
    guard let user = partUsers[index], case .pixelShuffle(let shuffle) = graph.nodes[user].op
    else { return [Array(0..<n)] }
    let square = shuffle.factor * shuffle.factor
    return (0..<square).map { Array(stride(from: $0, to: n, by: square)) }
  }

  private func counts(_ node: Node, _ operand: Int) -> [Int] {
    graph.type(of: node.operands[operand]).fixedShape ?? []
  }

  private func matrixSize(_ n: Int, _ k: Int) -> Int {
    switch options.gemm {
    case .builtIn: kernels.table.pointee.gemm_packed_count(n, k)
    case .openBLAS: n * k
    }
  }

  private mutating func matrix(
    _ node: Node, _ operand: Int, rows: [Int], k: Int, biasOperand: Int?
  ) throws(PlanError) -> PackedMatrix {
    let slot = try reserve(
      matrixSize(rows.count, k), .matrix(rows: rows, k: k), node, operands: [operand])
    return PackedMatrix(
      slot: slot, rowCount: rows.count, bias: try bias(node, biasOperand, rows))
  }

  private mutating func convolution(
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

  private mutating func bias(
    _ node: Node, _ operand: Int?, _ elements: [Int]
  ) throws(PlanError) -> WeightSlot? {
    guard let operand, operand < node.operands.count else { return nil }
    return try reserve(elements.count, .elements(elements), node, operands: [operand])
  }

  private mutating func plain(_ node: Node, _ operand: Int) throws(PlanError) -> WeightSlot {
    guard let size = checkedProduct(counts(node, operand)) else {
      throw .tooLarge(node: node.name)
    }
    return try reserve(size, .elements(Array(0..<size)), node, operands: [operand])
  }

  private mutating func reserve(
    _ size: Int, _ form: WeightRequest.Form, _ node: Node, operands: [Int]
  ) throws(PlanError) -> WeightSlot {
    var constants: [Int] = []
    for operand in operands {
      guard case .constant(let index) = graph.values[node.operands[operand].index].origin else {
        throw .unsupported(node: node.name, reason: "a weight that is computed has no kernel")
      }
      constants.append(index)
    }
    let slot = WeightSlot(offset: floatCount)
    guard let padded = checkedRoundUp(size, toMultipleOf: 16),
      let next = checkedSum(floatCount, padded)
    else { throw .tooLarge(node: node.name) }
    floatCount = next
    requests.append(WeightRequest(slot: slot, form: form, constants: constants))
    return slot
  }
}
