import TestSupport
import VMIRGraph
import VMIRImport
import VMIRRuntime

/// Small networks with random weights.
enum Networks {
  /// A network of this kind, dim 8, one block a level.
  static func random(_ architecture: VmambaIRVariant, dim: Int = 8, seed: UInt64 = 7) throws
    -> Graph
  {
    let configuration = VmambaIRConfiguration(
      architecture: architecture, dim: dim,
      blockCounts: BlockCounts(levels: (1, 1, 1, 1), refinement: 1))
    return try importNetwork(try configuration.randomTensors(seed: seed), source: nil).graph
  }

  /// Runs a network on a random picture.
  static func run(
    _ graph: Graph, height: Int = 16, width: Int = 24, isa: String? = nil,
    gemm: GEMMBackend = .builtIn, threadCount: Int = 1, isFused: Bool = true
  ) throws -> [Float] {
    guard let kernels = Kernels(isa: isa), let pool = ThreadPool(threadCount: threadCount) else {
      throw PlanError.outOfMemory(byteCount: 0)
    }
    let weights = try PackedWeights(
      graph: graph, kernels: kernels, options: PlanOptions(isFused: isFused, gemm: gemm))
    let plan = try Plan(weights, height: height, width: width)
    let session = try Session(plan, pool: pool)
    var generator = SeededGenerator(seed: 3)
    let input = generator.floats(height * width * plan.inputChannels, in: 0...1)
    var output = [Float](
      repeating: .nan, count: plan.outputHeight * plan.outputWidth * plan.outputChannels)
    input.withUnsafeBufferPointer { input in
      output.withUnsafeMutableBufferPointer { session.run(input: input, output: $0) }
    }
    return output
  }
}
