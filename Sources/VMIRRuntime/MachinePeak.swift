import CVMIRKernels
import CVMIRPlatform

/// Peak throughput of the machine, measured with the kernels' own instructions.
package struct MachinePeak: Equatable, Sendable {
  /// Fused multiply-adds from registers, two operations each, on all threads.
  package let gigaflops: Double
  /// Bytes copied from and to buffers larger than the caches, both counted, on all threads.
  package let gigabytesPerSecond: Double
  /// Bytes copied between buffers of 1 MiB a thread.
  package let cachedGigabytesPerSecond: Double

  /// Measures for some tenths of a second.
  package init(kernels: Kernels, pool: ThreadPool) {
    gigaflops = MachinePeak.arithmetic(kernels, pool)
    gigabytesPerSecond = MachinePeak.bandwidth(kernels, pool, floatCount: 8 << 20)
    cachedGigabytesPerSecond = MachinePeak.bandwidth(
      kernels, pool, floatCount: pool.threadCount << 18)
  }

  /// The least seconds that a step could take: its arithmetic at the peak or its images through the
  /// caches or the memory, whichever is longer.
  package func floor(_ step: StepProfile) -> Double {
    guard gigaflops > 0, gigabytesPerSecond > 0, cachedGigabytesPerSecond > 0 else { return 0 }
    return max(
      step.performedOperations / gigaflops,
      step.traffic.cached / cachedGigabytesPerSecond + step.traffic.uncached / gigabytesPerSecond)
      / 1e9
  }

  private static func arithmetic(_ kernels: Kernels, _ pool: ThreadPool) -> Double {
    let table = kernels.table.pointee
    let threads = pool.threadCount
    let iterations = 2_000_000
    let seconds = fastest(of: 5) {
      pool.run(itemCount: threads) { _, _ in
        var sink: Float = 0
        table.peak_fma(iterations, &sink)
      }
    }
    return Double(table.peak_fma_operations * iterations * threads) / seconds / 1e9
  }

  private static func bandwidth(
    _ kernels: Kernels, _ pool: ThreadPool, floatCount: Int
  ) -> Double {
    let threads = pool.threadCount
    // Large enough to be timed.
    let rounds = max((8 << 20) / floatCount, 1)
    let byteCount = floatCount * MemoryLayout<Float>.size
    guard let memory = vp_allocate(2 * byteCount, 64) else { return 0 }
    defer { vp_free(memory) }
    // SAFETY: the memory holds two buffers of `floatCount` floats.
    let source = memory.bindMemory(to: Float.self, capacity: 2 * floatCount)
    source.initialize(repeating: 1, count: 2 * floatCount)
    let target = source + floatCount
    let share = floatCount / threads
    let seconds = fastest(of: 5) {
      pool.run(itemCount: threads) { item, _ in
        for _ in 0..<rounds {
          kernels.table.pointee.copy_rows(
            1, share, source + item * share, share, target + item * share, share)
        }
      }
    }
    return 2 * Double(rounds * share * threads * MemoryLayout<Float>.size) / seconds / 1e9
  }

  private static func fastest(of count: Int, _ body: () -> Void) -> Double {
    var best = Double.infinity
    for _ in 0..<count {
      let start = vp_nanoseconds()
      body()
      best = min(best, Double(vp_nanoseconds() - start) / 1e9)
    }
    return best
  }
}
