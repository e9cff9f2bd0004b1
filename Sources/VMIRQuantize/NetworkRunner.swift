import VMIRGraph
import VMIRImage
import VMIRRuntime

/// Runs graphs on the calibration pictures.
struct NetworkRunner {
  let pictures: CalibrationPictures
  private let kernels: Kernels
  private let pool: ThreadPool

  init(_ pictures: CalibrationPictures, threadCount: Int?) throws(QuantizeError) {
    guard let kernels = Kernels(), let pool = ThreadPool(threadCount: threadCount) else {
      throw .outOfMemory(what: "threads")
    }
    self.pictures = pictures
    self.kernels = kernels
    self.pool = pool
  }

  /// Outputs for all pictures or the first ones, unclamped.
  func outputs(
    of graph: Graph, pictureCount: Int = .max
  ) throws(QuantizeError) -> [[Float]] {
    var outputs: [[Float]] = []
    try forEachSession(graph, isFused: true, pictureCount: pictureCount) { session, image in
      let plan = session.plan
      let count = plan.outputHeight * plan.outputWidth * plan.outputChannels
      outputs.append(
        [Float](unsafeUninitializedCapacity: count) { target, initializedCount in
          let output = UnsafeMutableBufferPointer(rebasing: target[..<count])
          output.initialize(repeating: 0)
          image.pixels.withUnsafeBufferPointer { session.run(input: $0, output: output) }
          initializedCount = count
        })
    }
    return outputs
  }

  /// Shows every node's results on every picture, as `Session.observe` does.
  func observe(
    _ graph: Graph, _ body: (Node, Int, [Int], UnsafeBufferPointer<Float>) -> Void
  ) throws(QuantizeError) {
    try forEachSession(graph, isFused: false) { session, image in
      image.pixels.withUnsafeBufferPointer { session.observe(input: $0, body) }
    }
  }

  private func forEachSession(
    _ graph: Graph, isFused: Bool, pictureCount: Int = .max,
    _ body: (Session, FloatImage) -> Void
  ) throws(QuantizeError) {
    do throws(PlanError) {
      let weights = try PackedWeights(
        graph: graph, kernels: kernels, options: PlanOptions(isFused: isFused))
      var session: Session?
      for image in pictures.images.prefix(pictureCount) {
        if let last = session, last.plan.inputHeight == image.height,
          last.plan.inputWidth == image.width
        {
          body(last, image)
          continue
        }
        let next = try Session(
          try Plan(weights, height: image.height, width: image.width), pool: pool)
        session = next
        body(next, image)
      }
    } catch {
      throw .run(error)
    }
  }
}

/// Mean square of the difference of outputs, values clamped to [0, 1]; infinite where one is not
/// finite.
func meanSquareDifference(_ a: [[Float]], _ b: [[Float]]) -> Double {
  var (sum, count) = (0.0, 0)
  for (first, second) in zip(a, b) {
    for (x, y) in zip(first, second) {
      guard x.isFinite, y.isFinite else { return .infinity }
      let difference = Double(min(max(x, 0), 1)) - Double(min(max(y, 0), 1))
      sum += difference * difference
    }
    count += first.count
  }
  return sum / Double(max(count, 1))
}
