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

  /// Options; the defaults are the fastest.
  package init(isFused: Bool = true, gemm: GEMMBackend = .builtIn) {
    self.isFused = isFused
    self.gemm = gemm
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
  let bias: WeightSlot?
  /// For an int8 matrix.
  var integers: Int8Scaling?
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
  /// An int8 convolution of this kernel size; before a pixel shuffle, one for each position in the
  /// block.
  case integerConvolutions([PackedMatrix], Quantization, kernelSize: Int)
  /// A 3x3 convolution to few channels: a matrix `[9 n][c]`, taps before outputs.
  case taps(PackedMatrix, outputs: Int, bias: WeightSlot?)
  /// Depthwise taps `[9][C]` or a norm's weight `[C]`, and a bias `[C]`.
  case channels(WeightSlot, bias: WeightSlot?)
  /// Projections of the directions that each pass scans, and the scan's own pack.
  case omniScan(projections: [PackedMatrix], pack: WeightSlot)
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
  /// By index of the node.
  let nodes: [NodeWeights]
  /// The fused groups.
  let fusion: Fusion

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
  package init(
    graph: Graph, kernels: Kernels, options: PlanOptions = PlanOptions(), pool: ThreadPool? = nil,
    memoryByteCount: Int? = nil
  ) throws(PlanError) {
    let folded: Graph
    do throws(GraphError) {
      try graph.verify()
      folded = try graph.foldingWeights()
      try folded.verify()
    } catch {
      throw .graph(error)
    }
    let graph = folded
    let allowed = memoryByteCount ?? MemoryBudget.available(heldByteCount: 0)
    try PackedWeights.check(graph.leastWeightByteCount, allowed)
    let fusion = Fusion(
      graph, isOn: options.isFused, mergesChannels: options.gemm == .builtIn)
    var layout = WeightLayout(graph: graph, kernels: kernels, options: options, fusion: fusion)
    var nodes: [NodeWeights] = []
    for index in graph.nodes.indices { nodes.append(try layout.add(index)) }
    guard let byteCount = checkedProduct([layout.floatCount, MemoryLayout<Float>.size]) else {
      throw .outOfMemory(byteCount: .max)
    }
    let items = PackedWeights.items(layout.requests)
    packingByteCount = layout.packingByteCount(items, threadCount: pool?.threadCount ?? 1)
    try PackedWeights.check(packingByteCount, allowed)
    guard let raw = vp_allocate(byteCount, 64) else { throw .outOfMemory(byteCount: byteCount) }
    // SAFETY: `raw` has room for `floatCount` floats; each request fills a part of its own.
    memory = raw.bindMemory(to: Float.self, capacity: layout.floatCount)
    vp_populate(raw, byteCount)
    self.byteCount = byteCount
    self.graph = graph
    self.kernels = kernels
    self.options = options
    self.nodes = nodes
    self.fusion = fusion
    try fill(layout, items, pool)
  }

  private static func check(_ byteCount: Int, _ allowed: Int) throws(PlanError) {
    let needed = checkedSum(byteCount, MemoryBudget.processByteCount) ?? .max
    guard needed <= allowed else { throw .memory(needed: needed, available: allowed) }
  }

  /// Requests that need the same constant, which follow each other.
  private static func items(_ requests: [WeightRequest]) -> [Range<Int>] {
    let starts = requests.indices.filter {
      $0 == 0 || requests[$0].constants[0] != requests[$0 - 1].constants[0]
    }
    return zip(starts, starts.dropFirst() + [requests.count]).map { $0..<$1 }
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
            target.initialize(repeating: 0, count: end - request.slot.offset)
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
