import CVMIRKernels

/// The feed-forward half of a transformer block, `residual + second(gelu(first(norm(x))))`, some
/// pixels at a time: the wide image between never exists.
struct MLPStep: StepKind {
  static let kind = "mlp"

  let x: View
  let y: View
  /// Added at last, of the size of `y`.
  let residual: View
  let norm: Norm?
  let first: PackedMatrix
  let second: PackedMatrix
  let gemm: GEMMBackend

  private var hidden: Int { first.rowCount }
  private var normStride: Int { lines(x.channels) }
  private var hiddenStride: Int { lines(hidden) }

  /// Pixels of which everything stays in a second-level cache.
  private var blocks: Blocks {
    Blocks(
      of: x.pixelCount, size: max(min(98304 / (normStride + hiddenStride) / 14, 9), 1) * 14)
  }

  func itemCount(threadCount: Int) -> Int { blocks.blockCount }

  func scratchCount(_ kernels: Kernels) -> Int {
    blocks.size * (normStride + hiddenStride)
      + max(
        quantizedCount(blocks.size, x.channels, first.integers, kernels.table),
        quantizedCount(blocks.size, hidden, second.integers, kernels.table))
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = blocks[item]
    let count = pixels.count
    let normalized = memory.scratch(thread: thread)
    let wide = normalized + blocks.size * normStride
    let rest = wide + blocks.size * hiddenStride
    var source = UnsafePointer(memory.pointer(x, pixel: pixels.lowerBound))
    var stride = x.stride
    if let norm {
      norm.apply(count, x.channels, source, stride, normalized, normStride, memory)
      source = UnsafePointer(normalized)
      stride = normStride
    }
    var product = Product(
      rows: count, k: x.channels,
      x: memory.productRows(count, x.channels, source, stride, first.integers, rest), n: hidden,
      matrix: memory.pointer(first.slot), y: wide, yStride: hiddenStride)
    product.bias = memory.pointer(first.bias)
    product.weightScale = memory.pointer(first.integers?.weightScale)
    memory.multiply(product, gemm)
    memory.kernels.pointee.gelu(count, hidden, wide, hiddenStride, wide, hiddenStride)
    var last = Product(
      rows: count, k: hidden,
      x: memory.productRows(count, hidden, wide, hiddenStride, second.integers, rest),
      n: y.channels, matrix: memory.pointer(second.slot),
      y: memory.pointer(y, pixel: pixels.lowerBound), yStride: y.stride)
    last.bias = memory.pointer(second.bias)
    last.weightScale = memory.pointer(second.integers?.weightScale)
    last.residual = UnsafePointer(memory.pointer(residual, pixel: pixels.lowerBound))
    last.residualStride = residual.stride
    // Threads take blocks in turn.
    last.next = memory.next(
      x, pixel: pixels.lowerBound + memory.threadCount * blocks.size, count: count)
    memory.multiply(last, gemm)
  }
}
