import CVMIRPlatform
import VMIRCore
import VMIRGraph

/// An executable plan with its own memory and threads; runs one picture after another.
///
/// Not safe for use from several threads at a time.
package final class Session {
  /// What is run.
  package let plan: Plan
  private let pool: ThreadPool
  private let arena: UnsafeMutablePointer<Float>
  private let scratch: UnsafeMutablePointer<Float>
  private let bufferOffsets: UnsafeMutablePointer<Int>
  /// Room for one row of the input, then one of the output.
  private let line: UnsafeMutablePointer<Float>

  /// Allocates the memory of the plan.
  ///
  /// - Throws: `outOfMemory`.
  package init(_ plan: Plan, pool: ThreadPool) throws(PlanError) {
    let byteCount = plan.sessionByteCount(threadCount: pool.threadCount)
    let floatCount = byteCount / MemoryLayout<Float>.size
    let offsetCount = plan.layout.offsets.count
    guard let floats = vp_allocate(byteCount, 64),
      let offsets = vp_allocate(offsetCount * MemoryLayout<Int>.size, 64),
      let line = vp_allocate(plan.lineCount * MemoryLayout<Float>.size, 64)
    else { throw .outOfMemory(byteCount: byteCount) }
    // SAFETY: the allocations have the size that they are bound to. The floats stay untouched
    // until a step writes them, so that memory that is never used is never resident.
    arena = floats.bindMemory(to: Float.self, capacity: floatCount)
    scratch = arena + plan.layout.floatCount
    bufferOffsets = offsets.bindMemory(to: Int.self, capacity: offsetCount)
    self.line = line.bindMemory(to: Float.self, capacity: plan.lineCount)
    bufferOffsets.initialize(from: plan.layout.offsets, count: offsetCount)
    self.plan = plan
    self.pool = pool
  }

  deinit {
    vp_free(arena)
    vp_free(bufferOffsets)
    vp_free(line)
  }

  /// Runs the network on one picture.
  ///
  /// - Parameters:
  ///   - input: `[inputHeight, inputWidth, inputChannels]`, row-major, channels last.
  ///   - output: `[outputHeight, outputWidth, outputChannels]`; receives the result, unclamped.
  ///   - progress: Called on this thread after each step with the share of the work that is done,
  ///     0 to 1.
  /// - Precondition: Both buffers have exactly these counts.
  package func run(
    input: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>,
    progress: (Double) -> Void = { _ in }
  ) {
    run(input: input, progress: progress) { _ in }
    guard let target = output.baseAddress else { return }
    copy(plan.output, to: target, count: output.count)
  }

  /// Runs the network on a picture that is given, and taken, a row at a time.
  ///
  /// - Parameters:
  ///   - readRow: Writes the input's row with this number, `[inputWidth, inputChannels]`.
  ///   - writeRow: Takes the output's row with this number, `[outputWidth, outputChannels]`,
  ///     unclamped; called for each row from the top.
  ///   - progress: Called on this thread after each step with the completed fraction, 0 to 1; ends
  ///     the run by throwing.
  /// - Throws: What `progress` throws.
  package func run<Failure: Error>(
    readRow: (Int, UnsafeMutablePointer<Float>) -> Void,
    writeRow: (Int, UnsafeBufferPointer<Float>) -> Void,
    progress: (Double) throws(Failure) -> Void
  ) throws(Failure) {
    let memory = memory
    for row in 0..<plan.inputHeight {
      readRow(row, line)
      for column in 0..<plan.inputWidth {
        moveFloats(
          line + column * plan.inputChannels,
          to: memory.pointer(plan.input, pixel: row * plan.inputWidth + column),
          count: plan.inputChannels)
      }
    }
    try runSteps(memory, progress: progress) { _ in }
    let target = line + plan.inputWidth * plan.inputChannels
    for row in 0..<plan.outputHeight {
      for column in 0..<plan.outputWidth {
        moveFloats(
          memory.pointer(plan.output, pixel: row * plan.outputWidth + column),
          to: target + column * plan.outputChannels, count: plan.outputChannels)
      }
      writeRow(
        row, UnsafeBufferPointer(start: target, count: plan.outputWidth * plan.outputChannels))
    }
  }

  /// Runs the network and shows each step's node, after the last step of it.
  func run(
    input: UnsafeBufferPointer<Float>, progress: (Double) -> Void, afterStep: (Int) -> Void
  ) {
    precondition(input.count == plan.input.pixelCount * plan.input.channels)
    let memory = memory
    if let source = input.baseAddress { fill(plan.input, from: source, memory) }
    runSteps(memory, progress: progress, afterStep: afterStep)
  }

  private var memory: StepMemory {
    StepMemory(
      arena: arena, bufferOffsets: bufferOffsets, weights: plan.weights.start, scratch: scratch,
      scratchCount: plan.scratchCount, threadCount: pool.threadCount,
      kernels: plan.weights.kernels.table)
  }

  private func runSteps<Failure: Error>(
    _ memory: StepMemory, progress: (Double) throws(Failure) -> Void, afterStep: (Int) -> Void
  ) throws(Failure) {
    let total = max(plan.operationCount, 1)
    var done = 0.0
    for (index, planned) in plan.steps.enumerated() {
      pool.run(planned.step, memory)
      done += planned.cost
      try progress(done / total)
      afterStep(index)
    }
  }

  private func fill(_ view: View, from source: UnsafePointer<Float>, _ memory: StepMemory) {
    for pixel in 0..<view.pixelCount {
      moveFloats(
        source + pixel * view.channels, to: memory.pointer(view, pixel: pixel),
        count: view.channels)
    }
  }

  /// First pixel of a view.
  func start(of view: View) -> UnsafeMutablePointer<Float> { memory.pointer(view) }

  /// Copies the pixels of a view, without the gaps between them.
  func copy(_ view: View, to target: UnsafeMutablePointer<Float>, count: Int) {
    precondition(count == view.pixelCount * view.channels)
    let source = start(of: view)
    for pixel in 0..<view.pixelCount {
      moveFloats(
        source + pixel * view.stride, to: target + pixel * view.channels, count: view.channels)
    }
  }
}
