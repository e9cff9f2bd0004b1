import CVMIRKernels
import CVMIRPlatform
import VMIRCore
package import VMIRGraph

/// Options for planning a network.
package struct PlanOptions: Equatable, Sendable {
  /// Whether nodes are fused; without fusion, every node's result can be observed.
  package var isFused: Bool
  /// The GEMM implementation.
  package var gemm: GEMMBackend
  /// How exact dense 3x3 convolutions are; nil for what the graph's metadata say.
  ///
  /// An external `gemm` computes all of them directly.
  package var convolutions: ConvolutionAccuracy?
  /// Channels from which on dense 3x3 convolutions may run by Winograd's algorithm.
  package var minimumWinogradChannels = PlanOptions.minimumWinogradChannels
  /// Most bytes of transformed weights of such convolutions that are held.
  ///
  /// Where they would be more, each run transforms those of one convolution after the other, with the
  /// same bits.
  package var mostTransformedByteCount = PlanOptions.mostTransformedByteCount
  /// Most bytes of what the steps of a plan list by row, column or channel.
  package var mostListedByteCount = PlanOptions.mostListedByteCount

  /// Most bytes of such lists: those of twenty resizes to 65536x65536 pixels.
  package static let mostListedByteCount = 512 << 20

  /// Options; the defaults are the fastest that the graph allows.
  package init(
    isFused: Bool = true, gemm: GEMMBackend = .builtIn, convolutions: ConvolutionAccuracy? = nil
  ) {
    self.isFused = isFused
    self.gemm = gemm
    self.convolutions = convolutions
  }
}

/// A place in the packed weights, counted in floats from their start.
struct WeightSlot: Equatable, Sendable {
  let offset: Int
}

/// Some rows of a weight as a matrix for the GEMM, and the bias of those rows.
struct PackedMatrix: Equatable, Sendable {
  let slot: WeightSlot
  /// Rows of the matrix: channels that come out.
  let rowCount: Int
  var bias: WeightSlot?
  /// For an int8 matrix.
  var integers: Int8Scaling?
}

/// A dense 3x3 convolution in the form that the Winograd kernel takes.
struct PackedWinograd: Equatable, Sendable {
  let slot: WeightSlot
  /// Whether the weights at `slot` are transformed; otherwise they are taps, and each run transforms
  /// them.
  let isTransformed: Bool
  /// Outputs on a side of a tile.
  let tile: Int
  /// Channels of the result.
  let outputs: Int
  /// Side of the square of the pixel shuffle that follows, 1 where there is none.
  let factor: Int
  /// `[factor^2][outputs]`.
  let bias: WeightSlot?

  /// Products of the 3x3 taps for each one that is left.
  var saving: Double { Double(9 * tile * tile) / Double((tile + 2) * (tile + 2)) }
}

/// A dense 3x3 convolution as three matrices `[n][3 c]`, one for each row of taps.
struct PackedConvolution: Equatable, Sendable {
  let rows: [WeightSlot]
  let rowCount: Int
  let bias: WeightSlot?
}

/// Packed weights of one node, in the layout of its kernel.
enum NodeWeights: Equatable, Sendable {
  /// The node has none.
  case none
  /// A 1x1 convolution, in floats or integers, cut where its result is split.
  case matrices([PackedMatrix])
  /// A 3x3 convolution; where its result is shuffled, one for each place in the square.
  case convolutions([PackedConvolution])
  /// A 3x3 convolution, shuffled or not, for the Winograd kernel.
  case winograd(PackedWinograd)
  /// An int8 convolution of this kernel size; before a pixel shuffle, one for each position in the
  /// block.
  case integerConvolutions([PackedMatrix], Quantization, kernelSize: Int)
  /// A 3x3 convolution to few channels: a matrix `[9 n][c]`, taps before outputs.
  case taps(PackedMatrix, outputs: Int, bias: WeightSlot?)
  /// Depthwise taps `[9][C]` or a norm's weight `[C]`, and a bias `[C]`; or an attention's table.
  case channels(WeightSlot, bias: WeightSlot?)
  /// Projections of the directions that each pass scans, and the scan's own pack.
  ///
  /// `prompt` is that of a scan along tokens.
  case omniScan(projections: [PackedMatrix], pack: WeightSlot, prompt: WeightSlot?)
  /// The operands from `projection` on, as they are.
  case channelScan([WeightSlot])
}

/// All weights of a graph, packed once for some kernels and used at every size.
package final class PackedWeights: @unchecked Sendable {
  // Unchecked: the memory is written in `init` only.
  private let memory: UnsafeMutablePointer<Float>
  /// Size in bytes.
  package let byteCount: Int
  /// Bytes that packing took at the peak, predicted: these weights and the work on them.
  package let packingByteCount: Int
  /// The graph that the weights belong to, with `Dequantize` folded into constants.
  package let graph: Graph
  /// The kernels that they are packed for.
  package let kernels: Kernels
  /// How they are packed.
  package let options: PlanOptions
  // By index of the node.
  private let nodes: [NodeWeights]
  /// The fused groups.
  let fusion: Fusion

  /// The weights of a node.
  subscript(id: NodeID) -> NodeWeights { nodes[id.index] }

  /// Loads, widens and packs the weights of a graph, one tensor at a time on each thread.
  ///
  /// - Parameters:
  ///   - graph: The network.
  ///   - kernels: The kernels that will run it.
  ///   - options: How it is prepared.
  ///   - pool: Threads to work on; nil for the calling one alone.
  ///   - memoryByteCount: Bytes that the process may take at the peak; nil for the memory available.
  /// - Throws: `graph` where it does not verify, `unsupported`, `weight`, `outOfMemory`; `memory`,
  ///   before any of it is taken.
  package convenience init(
    graph: Graph, kernels: Kernels, options: PlanOptions = PlanOptions(), pool: ThreadPool? = nil,
    memoryByteCount: Int? = nil
  ) throws(PlanError) {
    let allowed = memoryByteCount ?? MemoryBudget.available(heldByteCount: 0)
    let parts = try PackedWeights.layOut(graph, kernels, options, allowed: allowed)
    guard let byteCount = checkedProduct([parts.layout.floatCount, MemoryLayout<Float>.size])
    else { throw .outOfMemory(byteCount: .max) }
    let items = PackedWeights.items(parts.layout.requests)
    let packing = parts.layout.packingByteCount(items, threadCount: pool?.threadCount ?? 1)
    try PackedWeights.check(packing, allowed)
    try self.init(parts, kernels, options, byteCount: byteCount, packingByteCount: packing)
    populate(pool)
    try fill(parts.layout, items, pool)
  }

  /// The places of a graph's weights without the weights, for plans that are never run.
  ///
  /// - Throws: As for weights that are loaded, `weight` excepted.
  convenience init(
    layingOut graph: Graph, kernels: Kernels, options: PlanOptions
  ) throws(PlanError) {
    try self.init(
      try PackedWeights.layOut(graph, kernels, options, allowed: .max), kernels, options,
      byteCount: 0, packingByteCount: 0)
  }

  private struct Parts {
    let graph: Graph
    let fusion: Fusion
    let layout: WeightLayout
    let nodes: [NodeWeights]
  }

  private init(
    _ parts: Parts, _ kernels: Kernels, _ options: PlanOptions, byteCount: Int,
    packingByteCount: Int
  ) throws(PlanError) {
    guard let raw = vp_allocate(byteCount, 64) else { throw .outOfMemory(byteCount: byteCount) }
    // SAFETY: `raw` has room for the layout's floats, where there are any; each request fills a part
    // of its own.
    memory = raw.bindMemory(to: Float.self, capacity: byteCount / MemoryLayout<Float>.size)
    self.byteCount = byteCount
    self.packingByteCount = packingByteCount
    graph = parts.graph
    self.kernels = kernels
    self.options = options
    nodes = parts.nodes
    fusion = parts.fusion
  }

  private static func layOut(
    _ graph: Graph, _ kernels: Kernels, _ options: PlanOptions, allowed: Int
  ) throws(PlanError) -> Parts {
    let folded: Graph
    do throws(GraphError) {
      try graph.verify()
      folded = try graph.foldingWeights()
    } catch {
      throw .graph(error)
    }
    try PackedWeights.check(folded.leastWeightByteCount, allowed)
    let fusion = Fusion(
      folded, isOn: options.isFused, mergesChannels: options.gemm == .builtIn)
    var layout = WeightLayout(graph: folded, kernels: kernels, options: options, fusion: fusion)
    var nodes: [NodeWeights] = []
    for id in folded.nodeIDs { nodes.append(try layout.add(id)) }
    return Parts(graph: folded, fusion: fusion, layout: layout, nodes: nodes)
  }

  private static func check(_ byteCount: Int, _ allowed: Int) throws(PlanError) {
    let needed = checkedSum(byteCount, MemoryBudget.processByteCount) ?? .max
    guard needed <= allowed else { throw .memory(needed: needed, available: allowed) }
  }

  /// Makes all of the memory resident, a part on each thread.
  private func populate(_ pool: ThreadPool?) {
    vp_prefer_huge_pages(memory, byteCount)
    guard let pool else { return vp_populate(memory, byteCount) }
    let hugePage = 2 << 20
    let parts = Blocks(
      of: byteCount, size: (byteCount / pool.threadCount / hugePage + 1) * hugePage)
    pool.run(itemCount: parts.blockCount) { item, _ in
      let part = parts[item]
      vp_populate(memory + part.lowerBound / MemoryLayout<Float>.size, part.count)
    }
  }

  /// Requests that need the same constant, which follow each other; those first that make most of
  /// it, so that no thread is left with them at the end.
  private static func items(_ requests: [WeightRequest]) -> [Range<Int>] {
    let starts = requests.indices.filter {
      $0 == 0 || requests[$0].constants[0] != requests[$0 - 1].constants[0]
    }
    let items = zip(starts, starts.dropFirst() + [requests.count]).map { $0..<$1 }
    let sizes = items.map { item in requests[item].reduce(0) { $0 + $1.size } }
    return items.indices.sorted { sizes[$0] > sizes[$1] }.map { items[$0] }
  }

  /// Fills every part of the memory; an item's requests one after the other.
  private func fill(
    _ layout: WeightLayout, _ items: [Range<Int>], _ pool: ThreadPool?
  ) throws(PlanError) {
    let requests = layout.requests
    var failures = [PlanError?](repeating: nil, count: items.count)
    failures.withUnsafeMutableBufferPointer { failures in
      func run(_ item: Int) {
        var loader = ConstantLoader(graph)
        do throws(PlanError) {
          for index in items[item] {
            let request = requests[index]
            let end =
              index + 1 < requests.count ? requests[index + 1].slot.offset : layout.floatCount
            let target = memory + request.slot.offset
            // What is not written is read, though never used.
            let used = request.form.isWhole ? request.size : 0
            (target + used).initialize(repeating: 0, count: end - request.slot.offset - used)
            try request.fill(&loader, kernels, options.gemm, target)
          }
        } catch {
          failures[item] = error
        }
      }
      if let pool {
        pool.run(itemCount: items.count) { item, _ in run(item) }
      } else {
        for item in items.indices { run(item) }
      }
    }
    for failure in failures {
      if let failure { throw failure }
    }
  }

  deinit { vp_free(memory) }

  /// Start of the packed floats, valid as long as this object.
  var start: UnsafePointer<Float> { UnsafePointer(memory) }
}
