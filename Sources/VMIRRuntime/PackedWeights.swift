import CVMIRKernels
import CVMIRPlatform
import VMIRCore
import VMIRGraph

/// A place in the packed weights, counted in floats from their start.
struct WeightSlot: Equatable, Sendable {
  let offset: Int
}

/// The weights that one node's kernel takes, in the form that it takes them.
enum NodeWeights: Equatable, Sendable {
  /// The node has none.
  case none
  /// A matrix `[n][k]` for the GEMM, and a bias `[n]`.
  case matrix(WeightSlot, bias: WeightSlot?)
  /// Depthwise taps `[9][C]` or a norm's weight `[C]`, and a bias `[C]`.
  case channels(WeightSlot, bias: WeightSlot?)
  /// A matrix `[4 (R + 2 S)][C]` for the GEMM, and the scan's own pack.
  case omniScan(projection: WeightSlot, pack: WeightSlot)
  /// The operands from `projection` on, as they are.
  case channelScan([WeightSlot])
}

/// All weights of a graph, packed once for some kernels and used at every size.
public final class PackedWeights: @unchecked Sendable {
  // Unchecked: the memory is written in `init` only.
  private let memory: UnsafeMutablePointer<Float>
  /// Size in bytes.
  public let byteCount: Int
  /// The graph that the weights are of.
  public let graph: Graph
  /// The kernels that they are packed for.
  public let kernels: Kernels
  /// The matrix multiplication that they are packed for.
  public let gemm: GEMMBackend
  /// By index of the node.
  let nodes: [NodeWeights]

  /// Loads, widens and packs the weights of a graph, one tensor at a time.
  ///
  /// - Throws: `graph` where it does not verify, `unsupported`, `weight`, `outOfMemory`.
  public init(graph: Graph, kernels: Kernels, gemm: GEMMBackend) throws(PlanError) {
    do throws(GraphError) {
      try graph.verify()
    } catch {
      throw .graph(error)
    }
    var layout = WeightLayout(graph: graph, kernels: kernels, gemm: gemm)
    var nodes: [NodeWeights] = []
    for node in graph.nodes { nodes.append(try layout.add(node)) }
    guard let byteCount = checkedProduct([layout.floatCount, MemoryLayout<Float>.size]),
      let raw = vp_allocate(byteCount, 64)
    else { throw .outOfMemory(byteCount: layout.floatCount) }
    // SAFETY: `raw` has room for `floatCount` floats; each request fills a part of its own.
    memory = raw.bindMemory(to: Float.self, capacity: layout.floatCount)
    memory.initialize(repeating: 0, count: layout.floatCount)
    self.byteCount = byteCount
    self.graph = graph
    self.kernels = kernels
    self.gemm = gemm
    self.nodes = nodes
    for request in layout.requests {
      try request.fill(graph, kernels, gemm, memory + request.slot.offset)
    }
  }

  deinit { vp_free(memory) }

  /// Start of the packed floats, valid as long as this object.
  var start: UnsafePointer<Float> { UnsafePointer(memory) }
}
