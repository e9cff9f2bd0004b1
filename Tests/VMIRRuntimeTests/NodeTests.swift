import TestSupport
import Testing
import VMIRCore
import VMIRGraph
import VMIRReference
import VMIRRuntime

@Suite struct NodeTests {
  /// The largest difference of each node's results from those of the oracle, relative to the
  /// largest value, in order of execution.
  private func differences(
    _ graph: Graph, height: Int, width: Int, isa: String, options: PlanOptions
  ) throws -> [(node: String, difference: Double)] {
    let kernels = try #require(Kernels(isa: isa))
    let pool = try #require(ThreadPool(threadCount: 2))
    let plan = try Plan(
      try PackedWeights(graph: graph, kernels: kernels, options: options), height: height,
      width: width)
    let channels = plan.inputChannels
    var generator = SeededGenerator(seed: 11)
    let input = generator.floats(height * width * channels, in: 0...1)
    var planar = [Double](repeating: 0, count: input.count)
    for pixel in 0..<height * width {
      for channel in 0..<channels {
        planar[channel * height * width + pixel] = Double(input[pixel * channels + channel])
      }
    }
    var expected: [String: [ReferenceTensor<Double>]] = [:]
    let image = ReferenceTensor(shape: [1, channels, height, width], elements: planar)
    _ = try ReferenceInterpreter<Double>(graph).run(image) { expected[$0.name] = $1 }
    var found: [(node: String, difference: Double)] = []
    try input.withUnsafeBufferPointer { input in
      try Session(plan, pool: pool).observe(input: input) { node, result, shape, elements in
        guard let reference = expected[node.name]?[result] else { return }
        let scale = reference.elements.map { abs($0) }.max() ?? 1
        var difference = 0.0
        let pixels = shape[0] * shape[1]
        for pixel in 0..<pixels {
          for channel in 0..<shape[2] {
            let exact = reference.elements[channel * pixels + pixel]
            let error = abs(Double(elements[pixel * shape[2] + channel]) - exact)
            difference = error > difference || error.isNaN ? error : difference
          }
        }
        found.append(("\(node.name)#\(result)", difference / max(scale, 1e-3)))
      }
    }
    return found
  }

  @Test(arguments: Architecture.allCases)
  func everyNodeIsThatOfTheOracleOnEveryISA(architecture: Architecture) throws {
    let graph = try Networks.random(architecture)
    for isa in Kernels.available {
      for gemm in GEMMBackend.allCases {
        for isFused in [false, true] {
          let found = try differences(
            graph, height: 16, width: 24, isa: isa,
            options: PlanOptions(isFused: isFused, gemm: gemm))
          let first = found.first { !($0.difference < 2e-5) }
          #expect(
            first == nil,
            "\(isa) \(gemm.rawValue) fused \(isFused): first \(first?.node ?? "") \(first?.difference ?? 0)"
          )
        }
      }
    }
  }
}
