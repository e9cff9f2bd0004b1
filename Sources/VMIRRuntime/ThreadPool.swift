import CVMIRPlatform

/// Threads that share the work of one session; ended with the last reference.
package final class ThreadPool: @unchecked Sendable {
  // Unchecked: a pool takes one job at a time, and only the session that owns it gives it jobs.
  private let pool: OpaquePointer
  /// Threads that work, the caller included.
  package let threadCount: Int

  /// A pool of `threadCount` threads, at least 1; all processors where it is nil.
  ///
  /// - Returns: nil when allocation fails.
  package init?(threadCount: Int? = nil) {
    let wanted = min(max(threadCount ?? Int(vp_processor_count()), 1), 256)
    guard let pool = vp_pool_create(Int32(wanted)) else { return nil }
    self.pool = pool
    self.threadCount = Int(vp_pool_thread_count(pool))
  }

  deinit { vp_pool_destroy(pool) }

  /// Runs all items of a step and returns when they are done.
  func run(_ step: Step, _ memory: StepMemory) {
    var job = Job(step: step, memory: memory)
    withUnsafeMutablePointer(to: &job) { job in
      vp_pool_run(pool, step.itemCount(threadCount: threadCount), job) { context, item, thread in
        // SAFETY: `context` is the job above, which outlives the call; items only read it.
        guard let job = context?.assumingMemoryBound(to: Job.self) else { return }
        job.pointee.step.run(item: item, thread: thread, job.pointee.memory)
      }
    }
  }

  /// Runs `body` once for each item, with the item and the number of the thread that it runs on,
  /// and returns when all have returned.
  func run(itemCount: Int, _ body: (Int, Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var body = body
      withUnsafeMutablePointer(to: &body) { body in
        vp_pool_run(pool, itemCount, body) { context, item, thread in
          // SAFETY: `context` is the closure above, which outlives the call.
          context?.assumingMemoryBound(to: ((Int, Int) -> Void).self)
            .pointee(item, thread)
        }
      }
    }
  }

  private struct Job {
    let step: Step
    let memory: StepMemory
  }
}
