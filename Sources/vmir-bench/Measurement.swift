import CVMIRPlatform
import VMIRCore
import VMIRGraph
import VMIRRuntime

/// Measurements of repeated runs of a network.
struct Measurement {
  let isa: String
  let gemm: GEMMBackend
  let convolutions: ConvolutionUse
  let threadCount: Int
  /// Seconds of each run, in order.
  let seconds: [Double]
  /// Seconds that loading and packing the weights took.
  let packSeconds: Double
  /// The steps of the median run.
  let steps: [StepProfile]
  /// Bytes that are predicted for packing the weights, or for them, the session and the pictures.
  let predictedByteCount: Int
  /// Peak resident set before loading the network, and after all runs.
  let residentBefore: Int
  let residentAfter: Int
  let machine: MachinePeak

  /// - Throws: Where the network can't be run at this size.
  init(
    _ graph: Graph, kernels: Kernels, options: PlanOptions, pool: ThreadPool, size: PictureSize,
    runCount: Int
  ) throws(PlanError) {
    isa = kernels.isa
    gemm = options.gemm
    threadCount = pool.threadCount
    residentBefore = Int(vp_peak_resident_bytes())
    let start = vp_nanoseconds()
    let weights = try PackedWeights(graph: graph, kernels: kernels, options: options)
    convolutions = weights.convolutionUse
    packSeconds = Double(vp_nanoseconds() - start) / 1e9
    let multiple = graph.metadata.sizeMultiple
    let plan = try Plan(
      weights, height: (size.height + multiple - 1) / multiple * multiple,
      width: (size.width + multiple - 1) / multiple * multiple)
    predictedByteCount = max(
      weights.packingByteCount, plan.peakByteCount(threadCount: pool.threadCount))
    let session = try Session(plan, pool: pool)
    let count = plan.inputHeight * plan.inputWidth * plan.inputChannels
    // Any picture will do: nothing here depends on the values.
    let input = (0..<count).map { Float($0 % 251) / 250 }
    var output = [Float](
      repeating: 0, count: plan.outputHeight * plan.outputWidth * plan.outputChannels)
    var seconds: [Double] = []
    var profiles: [[StepProfile]] = []
    input.withUnsafeBufferPointer { input in
      output.withUnsafeMutableBufferPointer { session.run(input: input, output: $0) }
      for _ in 0..<runCount {
        let start = vp_nanoseconds()
        profiles.append(session.profile(input: input))
        seconds.append(Double(vp_nanoseconds() - start) / 1e9)
      }
    }
    self.seconds = seconds
    let order = seconds.indices.sorted { seconds[$0] < seconds[$1] }
    steps = profiles[order[order.count / 2]]
    residentAfter = Int(vp_peak_resident_bytes())
    machine = MachinePeak(kernels: kernels, pool: pool)
  }

  var sorted: [Double] { seconds.sorted() }
  var median: Double { sorted[sorted.count / 2] }
  var operations: Double { steps.reduce(0) { $0 + $1.operations } }
}
