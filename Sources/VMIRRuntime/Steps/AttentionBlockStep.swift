import CVMIRKernels

/// The attention half of a transformer block, `residual + projection(attention(qkv(norm(x))))`, some
/// windows of the rolled image at a time: queries, keys and values of the image never exist.
struct AttentionBlockStep: StepKind {
  static let kind = "attention"

  let x: View
  let y: View
  /// Added at last, of the size of `y`.
  let residual: View
  let norm: Norm?
  let qkv: PackedMatrix
  /// `[heads][(2 window - 1)^2]`.
  let table: WeightSlot
  let heads: Int
  /// Side of a window in pixels.
  let window: Int
  let shift: Int
  let scale: Float
  let projection: PackedMatrix
  let gemm: GEMMBackend

  /// Channels of the attention's result.
  private var channels: Int { qkv.rowCount / 3 }
  private var normStride: Int { lines(max(x.channels, channels)) }
  private var qkvStride: Int { lines(qkv.rowCount) }

  /// Windows of a row, in pieces of which everything stays in a second-level cache.
  private var pieces: Blocks {
    let pixelCount = 98304 / (normStride + qkvStride)
    return Blocks(
      of: y.width / window, size: min(pixelCount / (window * window), max(32 / window, 1)))
  }

  private var pixelCount: Int { pieces.size * window * window }

  func itemCount(threadCount: Int) -> Int { y.height / window * pieces.blockCount }

  func scratchCount(_ kernels: Kernels) -> Int {
    let attention = kernels.table.pointee.window_attention_scratch_count(
      channels / heads, window, window)
    return pixelCount * (normStride + qkvStride)
      + max(
        lines(attention), quantizedCount(pixelCount, x.channels, qkv.integers, kernels.table),
        quantizedCount(pixelCount, channels, projection.integers, kernels.table))
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let row = item / pieces.blockCount
    let windows = pieces[item % pieces.blockCount]
    // Normalised pixels, in whose place the attention's result comes.
    let pixels = memory.scratch(thread: thread)
    let wide = pixels + pixelCount * normStride
    let rest = wide + pixelCount * qkvStride
    for line in 0..<2 * window {
      let run = run(line, row: row, windows)
      let source = memory.pointer(x, pixel: run.pixel)
      let target = pixels + run.first * normStride
      if let norm {
        norm.apply(run.count, x.channels, source, x.stride, target, normStride, memory)
      } else {
        memory.kernels.pointee.copy_rows(
          run.count, x.channels, source, x.stride, target, normStride)
      }
    }
    let width = windows.count * window
    let count = width * window
    var product = Product(
      rows: count, k: x.channels,
      x: memory.productRows(count, x.channels, pixels, normStride, qkv.integers, rest),
      n: qkv.rowCount, matrix: memory.pointer(qkv.slot), y: wide, yStride: qkvStride)
    product.bias = memory.pointer(qkv.bias)
    product.weightScale = memory.pointer(qkv.integers?.weightScale)
    memory.multiply(product, gemm)
    var attention = vk_attention(
      height: window, width: width, channels: channels, heads: heads, window: window,
      reach: window, shift: shift, roll: 0, last_row: y.height / window - 1 - row,
      last_column: y.width / window - 1 - windows.lowerBound, scale: scale, qkv: wide,
      qkv_stride: qkvStride, table: memory.pointer(table), y: pixels, y_stride: normStride)
    memory.kernels.pointee.window_attention(&attention, 0, 0, windows.count, rest)
    for line in 0..<2 * window { project(run(line, row: row, windows), pixels, rest, memory) }
  }

  private func project(
    _ run: Run, _ pixels: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  ) {
    let source = pixels + run.first * normStride
    var product = Product(
      rows: run.count, k: channels,
      x: memory.productRows(
        run.count, channels, source, normStride, projection.integers, scratch),
      n: y.channels, matrix: memory.pointer(projection.slot),
      y: memory.pointer(y, pixel: run.pixel), yStride: y.stride)
    product.bias = memory.pointer(projection.bias)
    product.weightScale = memory.pointer(projection.integers?.weightScale)
    product.residual = UnsafePointer(memory.pointer(residual, pixel: run.pixel))
    product.residualStride = residual.stride
    memory.multiply(product, gemm)
  }

  /// Pixels that follow each other in the image and in the windows.
  private struct Run {
    /// Number of the first in the image.
    let pixel: Int
    /// Number of the first in the windows.
    let first: Int
    let count: Int
  }

  /// The pixels of half a line of some windows of a row of them; the second half has what the image
  /// was rolled over, if anything.
  private func run(_ half: Int, row: Int, _ windows: Range<Int>) -> Run {
    let width = windows.count * window
    let left = (windows.lowerBound * window + shift) % y.width
    let before = min(width, y.width - left)
    let line = half / 2
    let start = (row * window + line + shift) % y.height * y.width
    return half % 2 == 0
      ? Run(pixel: start + left, first: line * width, count: before)
      : Run(pixel: start, first: line * width + before, count: width - before)
  }
}
