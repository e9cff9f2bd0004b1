import CVMIRKernels
import CVMIRPlatform

/// What a machine can do at most, measured with the kernels' own instructions.
public struct MachinePeak: Equatable, Sendable {
  /// Fused multiply-adds from registers, two operations each, on all threads.
  public let gigaflops: Double
  /// Bytes copied from and to buffers larger than the caches, both counted, on all threads.
  public let gigabytesPerSecond: Double

  /// Measures for some tenths of a second.
  public init(kernels: Kernels, pool: ThreadPool) {
    let threads = pool.threadCount
    gigaflops = 0
    let floatCount = 8 << 20
    var best = Double.infinity
    if let source = vp_allocate(floatCount * 4, 64), let target = vp_allocate(floatCount * 4, 64) {
      let x = source.bindMemory(to: Float.self, capacity: floatCount)
      let y = target.bindMemory(to: Float.self, capacity: floatCount)
      x.initialize(repeating: 1, count: floatCount)
      let share = floatCount / threads
      for _ in 0..<5 {
        let start = vp_nanoseconds()
        pool.run(itemCount: threads) { item, _ in
          kernels.table.pointee.copy_rows(1, share, x + item * share, share, y + item * share, share)
        }
        best = min(best, Double(vp_nanoseconds() - start) / 1e9)
      }
      vp_free(source)
      vp_free(target)
    }
    gigabytesPerSecond = 2 * Double(floatCount) * 4 / best / 1e9
  }
}
