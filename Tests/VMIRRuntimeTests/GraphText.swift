import TestSupport
import VMIRCore
import VMIRGraph
import VMIRReference
import VMIRRuntime

/// A picture for a network, in the layouts of the runtime and of the reference.
struct TestImage {
  let height: Int
  let width: Int
  let channels: Int
  /// `[H, W, C]`.
  let pixels: [Float]

  /// Random values in [-1, 1].
  init(height: Int, width: Int, channels: Int, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    self.height = height
    self.width = width
    self.channels = channels
    pixels = generator.floats(height * width * channels)
  }

  /// These values, `[H, W, C]`.
  init(height: Int, width: Int, channels: Int, pixels: [Float]) {
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
  }

  /// `[1, C, H, W]`.
  var reference: ReferenceTensor<Double> {
    ReferenceTensor(
      shape: [1, channels, height, width],
      elements: planar(pixels, channels: channels).map { Double($0) })
  }
}

/// `[H, W, C]` as `[C, H, W]`.
func planar(_ pixels: some Collection<Float>, channels: Int) -> [Float] {
  let pixels = Array(pixels)
  let count = pixels.count / channels
  return (0..<channels).flatMap { channel in
    (0..<count).map { pixels[$0 * channels + channel] }
  }
}

/// Largest difference, relative to the largest value of the reference where that is over 1.
func scaledDifference(_ found: [Float], _ expected: [Double]) -> Double {
  guard found.count == expected.count, found.allSatisfy({ $0.isFinite }) else { return .infinity }
  let peak = expected.reduce(1) { max($0, abs($1)) }
  return zip(found, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) } / peak
}

/// A graph packed and planned for one way to run it.
struct Runner {
  let plan: Plan
  let session: Session

  init(
    _ graph: Graph, height: Int, width: Int, isa: String, gemm: GEMMBackend = .builtIn,
    threadCount: Int = 2, isFused: Bool = true, convolutions: ConvolutionAccuracy = .standard,
    mostTransformedByteCount: Int = PlanOptions.mostTransformedByteCount
  ) throws {
    guard let kernels = Kernels(isa: isa), let pool = ThreadPool(threadCount: threadCount) else {
      throw PlanError.outOfMemory(byteCount: 0)
    }
    var options = PlanOptions(isFused: isFused, gemm: gemm, convolutions: convolutions)
    options.mostTransformedByteCount = mostTransformedByteCount
    let weights = try PackedWeights(graph: graph, kernels: kernels, options: options)
    plan = try Plan(weights, height: height, width: width)
    session = try Session(plan, pool: pool)
  }

  /// The output in planes, `[C, H, W]`.
  func run(_ image: TestImage) -> [Float] {
    var output = [Float](
      repeating: .nan, count: plan.outputHeight * plan.outputWidth * plan.outputChannels)
    image.pixels.withUnsafeBufferPointer { input in
      output.withUnsafeMutableBufferPointer { session.run(input: input, output: $0) }
    }
    return planar(output, channels: plan.outputChannels)
  }

  /// Names of the nodes whose results exist.
  func observedNodes(_ image: TestImage) -> Set<String> {
    var names: Set<String> = []
    image.pixels.withUnsafeBufferPointer { input in
      session.observe(input: input) { node, _, _, _ in names.insert(node.name) }
    }
    return names
  }
}
