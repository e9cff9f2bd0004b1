import TestSupport
import VMIRCore
import VMIRGraph
import VMIRReference
import VMIRRuntime

extension Graph {
  /// A graph from its text, every constant filled with random numbers, in all of the range if they
  /// are 8-bit integers.
  ///
  /// Rates of a scan (`aLog`) and biases of its delta are kept in the range of trained networks.
  init(text: String, seed: UInt64) throws {
    self = try Graph(text: text)
    var generator = SeededGenerator(seed: seed)
    for (index, constant) in constants.enumerated() {
      let shape = constant.type.fixedShape ?? []
      if constant.type.dtype == .int8 {
        let levels = generator.floats(shape.reduce(1, *), in: -127.5...127.5)
        let tensor = Tensor(.int8, shape) { (target: UnsafeMutableRawBufferPointer) in
          for (index, level) in levels.enumerated() {
            target[index] = UInt8(bitPattern: Int8(level.rounded(.towardZero)))
          }
        }
        try replaceConstant(
          at: index,
          with: Constant(
            name: constant.name, dtype: .int8, shape: shape,
            data: tensor.map { .resident($0) } ?? .absent))
        continue
      }
      var floats = generator.floats(shape.reduce(1, *))
      if constant.name == "deltaBias" { floats = floats.map { $0 - 2 } }
      let tensor = Tensor(shape, floats: floats)
      try replaceConstant(
        at: index,
        with: Constant(
          name: constant.name, dtype: .float32, shape: shape,
          data: tensor.map { .resident($0) } ?? .absent))
    }
  }
}

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
    threadCount: Int = 2, isFused: Bool = true
  ) throws {
    guard let kernels = Kernels(isa: isa), let pool = ThreadPool(threadCount: threadCount) else {
      throw PlanError.outOfMemory(byteCount: 0)
    }
    let weights = try PackedWeights(
      graph: graph, kernels: kernels, options: PlanOptions(isFused: isFused, gemm: gemm))
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
