import CVMIRPlatform
import VMIRCore
import VMIRGraph

/// A plan with memory and threads of its own: runs one picture after another.
///
/// Not safe for use from several threads at a time.
public final class Session {
  /// What is run.
  public let plan: Plan
  private let pool: ThreadPool
  private let arena: UnsafeMutablePointer<Float>
  private let scratch: UnsafeMutablePointer<Float>
  private let bufferOffsets: UnsafeMutablePointer<Int>

  /// Takes the memory that the plan needs.
  ///
  /// - Throws: `outOfMemory`.
  public init(_ plan: Plan, pool: ThreadPool) throws(PlanError) {
    let byteCount = plan.sessionByteCount(threadCount: pool.threadCount)
    let floatCount = byteCount / MemoryLayout<Float>.size
    let offsetCount = plan.layout.offsets.count
    guard let floats = vp_allocate(byteCount, 64),
      let offsets = vp_allocate(offsetCount * MemoryLayout<Int>.size, 64)
    else { throw .outOfMemory(byteCount: byteCount) }
    // SAFETY: both allocations have the size that they are bound to. The floats stay untouched
    // until a step writes them, so that memory that is never used is never resident.
    arena = floats.bindMemory(to: Float.self, capacity: floatCount)
    scratch = arena + plan.layout.floatCount
    bufferOffsets = offsets.bindMemory(to: Int.self, capacity: offsetCount)
    bufferOffsets.initialize(from: plan.layout.offsets, count: offsetCount)
    self.plan = plan
    self.pool = pool
  }

  deinit {
    vp_free(arena)
    vp_free(bufferOffsets)
  }

  /// Runs the network on one picture.
  ///
  /// - Parameters:
  ///   - input: `[inputHeight, inputWidth, inputChannels]`, row-major, channels last.
  ///   - output: `[outputHeight, outputWidth, outputChannels]`; receives the result, unclamped.
  ///   - progress: Called on this thread after each step with the share of the work that is done,
  ///     0 to 1.
  /// - Precondition: Both buffers have exactly these counts.
  public func run(
    input: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>,
    progress: (Double) -> Void = { _ in }
  ) {
    run(input: input, progress: progress) { _ in }
    guard let target = output.baseAddress else { return }
    copy(plan.output, to: target, count: output.count)
  }

  /// Runs the network and shows each step's node, after the last step of it.
  func run(
    input: UnsafeBufferPointer<Float>, progress: (Double) -> Void, afterStep: (Int) -> Void
  ) {
    let memory = StepMemory(
      arena: arena, bufferOffsets: bufferOffsets, weights: plan.weights.start, scratch: scratch,
      scratchCount: plan.scratchCount, kernels: plan.weights.kernels.table)
    precondition(input.count == plan.input.pixelCount * plan.input.channels)
    if let source = input.baseAddress { fill(plan.input, from: source, memory) }
    let total = max(plan.operationCount, 1)
    var done = 0.0
    for (index, planned) in plan.steps.enumerated() {
      pool.run(planned.step, memory)
      done += planned.cost
      progress(done / total)
      afterStep(index)
    }
  }

  private func fill(_ view: View, from source: UnsafePointer<Float>, _ memory: StepMemory) {
    for pixel in 0..<view.pixelCount {
      memory.pointer(view, pixel: pixel).update(
        from: source + pixel * view.channels, count: view.channels)
    }
  }

  /// Copies the pixels of a view, without the gaps between them.
  func copy(_ view: View, to target: UnsafeMutablePointer<Float>, count: Int) {
    precondition(count == view.pixelCount * view.channels)
    let source = arena + bufferOffsets[view.buffer] + view.channelOffset
    for pixel in 0..<view.pixelCount {
      (target + pixel * view.channels).update(
        from: source + pixel * view.stride, count: view.channels)
    }
  }
}
