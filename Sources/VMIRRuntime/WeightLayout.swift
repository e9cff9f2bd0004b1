import CVMIRKernels
import VMIRCore
import VMIRGraph

/// Something to be loaded and packed at a place of its own.
struct WeightRequest {
  enum Form {
    /// As the constant has it.
    case plain
    /// The constant, read as a matrix `[n][k]`, for the GEMM.
    case matrix(n: Int, k: Int)
    /// A conv weight `[n][c][3][3]` as a matrix `[n][9 c]`, taps before channels, for the GEMM.
    case matrix3x3(n: Int, c: Int)
    /// A depthwise weight `[c][1][3][3]` as `[9][c]`.
    case taps(c: Int)
    /// The constants from here on (deltaWeight, deltaBias, aLog, d), packed by the scan kernel.
    case scan(channels: Int, states: Int, rank: Int)
  }

  let slot: WeightSlot
  let form: Form
  /// Indexes of the constants.
  let constants: [Int]
}

/// Decides where each weight of a graph goes before any of them is loaded.
struct WeightLayout {
  private let graph: Graph
  private let kernels: Kernels
  private let gemm: GEMMBackend
  private(set) var requests: [WeightRequest] = []
  /// Floats taken so far.
  private(set) var floatCount = 0

  init(graph: Graph, kernels: Kernels, gemm: GEMMBackend) {
    self.graph = graph
    self.kernels = kernels
    self.gemm = gemm
  }

  /// Makes room for the weights of one node.
  mutating func add(_ node: Node) throws(PlanError) -> NodeWeights {
    switch node.op {
    case .conv2D(let op): return try add(op, node)
    case .layerNorm:
      return .channels(try plain(node, 1), bias: try optionalPlain(node, 2))
    case .omniScan:
      let channels = counts(node, 1)[2]
      let states = counts(node, 4)[1]
      let rank = counts(node, 2)[2]
      let rows = counts(node, 1)[0] * counts(node, 1)[1]
      let projection = try matrix(node, 1, n: rows, k: channels, .matrix(n: rows, k: channels))
      let size = kernels.table.pointee.selective_scan_packed_count(channels, states, rank)
      let pack = try reserve(
        size, .scan(channels: channels, states: states, rank: rank), node, operands: [2, 3, 4, 5])
      return .omniScan(projection: projection, pack: pack)
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

  private mutating func add(_ op: Conv2D, _ node: Node) throws(PlanError) -> NodeWeights {
    let weight = counts(node, 1)
    let (n, c) = (weight[0], weight[1])
    switch (op.kernelSize, op.groups) {
    case (1, 1):
      let slot = try matrix(node, 1, n: n, k: c, .matrix(n: n, k: c))
      return .matrix(slot, bias: try optionalPlain(node, 2))
    case (3, 1):
      let slot = try matrix(node, 1, n: n, k: 9 * c, .matrix3x3(n: n, c: c))
      return .matrix(slot, bias: try optionalPlain(node, 2))
    case (3, n) where c == 1:
      let slot = try reserve(9 * n, .taps(c: n), node, operands: [1])
      return .channels(slot, bias: try optionalPlain(node, 2))
    default:
      throw .unsupported(
        node: node.name,
        reason: "a convolution of kernel \(op.kernelSize) in \(op.groups) groups has no kernel")
    }
  }

  private func counts(_ node: Node, _ operand: Int) -> [Int] {
    graph.type(of: node.operands[operand]).fixedShape ?? []
  }

  private mutating func matrix(
    _ node: Node, _ operand: Int, n: Int, k: Int, _ form: WeightRequest.Form
  ) throws(PlanError) -> WeightSlot {
    let size =
      switch gemm {
      case .builtIn: kernels.table.pointee.gemm_packed_count(n, k)
      case .openBLAS: n * k
      }
    return try reserve(size, form, node, operands: [operand])
  }

  private mutating func plain(_ node: Node, _ operand: Int) throws(PlanError) -> WeightSlot {
    guard let size = checkedProduct(counts(node, operand)) else {
      throw .tooLarge(node: node.name)
    }
    return try reserve(size, .plain, node, operands: [operand])
  }

  private mutating func optionalPlain(
    _ node: Node, _ operand: Int
  ) throws(PlanError) -> WeightSlot? {
    operand < node.operands.count ? try plain(node, operand) : nil
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

extension WeightRequest {
  /// Loads the constants and writes them to `target` in the wanted form.
  func fill(
    _ graph: Graph, _ kernels: Kernels, _ gemm: GEMMBackend,
    _ target: UnsafeMutablePointer<Float>
  ) throws(PlanError) {
    let first = try load(graph.constants[constants[0]])
    switch form {
    case .plain: target.update(from: first, count: first.count)
    case .matrix(let n, let k): WeightRequest.pack(first, n, k, kernels, gemm, target)
    case .matrix3x3(let n, let c):
      var reordered = [Float](repeating: 0, count: first.count)
      for output in 0..<n {
        for channel in 0..<c {
          for tap in 0..<9 {
            reordered[(output * 9 + tap) * c + channel] = first[(output * c + channel) * 9 + tap]
          }
        }
      }
      WeightRequest.pack(reordered, n, 9 * c, kernels, gemm, target)
    case .taps(let c):
      for channel in 0..<c {
        for tap in 0..<9 { target[tap * c + channel] = first[channel * 9 + tap] }
      }
    case .scan(let channels, let states, let rank):
      let deltaBias = try load(graph.constants[constants[1]])
      let aLog = try load(graph.constants[constants[2]])
      let d = try load(graph.constants[constants[3]])
      first.withUnsafeBufferPointer { deltaWeight in
        deltaBias.withUnsafeBufferPointer { deltaBias in
          aLog.withUnsafeBufferPointer { aLog in
            d.withUnsafeBufferPointer { d in
              guard let w = deltaWeight.baseAddress, let b = deltaBias.baseAddress,
                let a = aLog.baseAddress, let d = d.baseAddress
              else { return }
              var weights = vk_scan_weights(
                channels: channels, states: states, rank: rank, delta_weight: w, delta_bias: b,
                a_log: a, d: d)
              kernels.table.pointee.selective_scan_pack(&weights, target)
            }
          }
        }
      }
    }
  }

  private static func pack(
    _ weight: [Float], _ n: Int, _ k: Int, _ kernels: Kernels, _ gemm: GEMMBackend,
    _ target: UnsafeMutablePointer<Float>
  ) {
    switch gemm {
    case .builtIn: kernels.table.pointee.gemm_pack(n, k, weight, target)
    case .openBLAS: target.update(from: weight, count: weight.count)
    }
  }

  private func load(_ constant: Constant) throws(PlanError) -> [Float] {
    do throws(ConstantError) {
      return try constant.load().floats()
    } catch {
      throw .weight(name: constant.name, error)
    }
  }
}
