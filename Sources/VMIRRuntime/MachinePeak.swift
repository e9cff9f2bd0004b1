import CVMIRKernels
import CVMIRPlatform

/// Peak throughput of the machine, measured with the kernels' own instructions.
package struct MachinePeak: Equatable, Sendable {
  /// Fused multiply-adds from registers, two operations each, on all threads.
  package let gigaflops: Double
  /// Bytes copied from and to buffers larger than the caches, both counted, on all threads.
  package let gigabytesPerSecond: Double

  /// Measures for some tenths of a second.
  package init(kernels: Kernels, pool: ThreadPool) {
    gigaflops = MachinePeak.arithmetic(kernels, pool)
    gigabytesPerSecond = MachinePeak.bandwidth(kernels, pool)
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

  private static func bandwidth(_ kernels: Kernels, _ pool: ThreadPool) -> Double {
    let threads = pool.threadCount
    let floatCount = 8 << 20
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
        kernels.table.pointee.copy_rows(
          1, share, source + item * share, share, target + item * share, share)
      }
    }
    return 2 * Double(share * threads * MemoryLayout<Float>.size) / seconds / 1e9
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
