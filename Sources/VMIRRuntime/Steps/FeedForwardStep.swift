import CVMIRKernels

/// A whole feed-forward block, `x + projectOut(gelu(a) * b)` with `a`, `b` the halves of
/// `depthwise(projectIn(norm(x)))`, a few rows at a time: the wide image between never exists.
struct FeedForwardStep: StepKind {
  static let kind = "feed_forward"

  let wide: WideRows
  let y: View
  let taps: WeightSlot
  let tapsBias: WeightSlot?
  let projectOut: PackedMatrix

  private var x: View { wide.x }
  /// Channels of each half.
  private var hidden: Int { wide.matrix.rowCount / 2 }

  func itemCount(threadCount: Int) -> Int { wide.strips(threadCount: threadCount).count }

  private var gateStride: Int { pixelStride(hidden) }
  private var gateCount: Int { wide.pixelCount * gateStride }

  func scratchCount(_ kernels: Kernels) -> Int {
    lines(wide.scratchCount(kernels)) + gateCount + gateIntegerCount(kernels.table)
  }

  /// Floats for the gated rows as integers.
  private func gateIntegerCount(_ kernels: UnsafePointer<vk_kernels>) -> Int {
    quantizedCount(wide.pixelCount, hidden, projectOut.integers, kernels)
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let gated = memory.scratch(thread: thread)
    let quantized = gated + gateCount
    wide.run(item, quantized + gateIntegerCount(memory.kernels), memory) { part in
      narrow(part, gated, quantized, memory)
    }
  }

  /// Makes rows of the output.
  private func narrow(
    _ part: WideRowsPart, _ gated: UnsafeMutablePointer<Float>,
    _ quantized: UnsafeMutablePointer<Float>, _ memory: StepMemory
  ) {
    var rows = part.kernelPart(height: x.height, width: part.columns.count)
    memory.kernels.pointee.depthwise3x3_gate(
      &rows, hidden, part.wide, wide.stride, memory.pointer(taps), memory.pointer(tapsBias), gated,
      gateStride)
    for run in 0..<part.runCount(width: x.width) {
      let (pixel, place, count) = part.run(run, width: x.width)
      var product = Product(
        rows: count, k: hidden,
        x: memory.productRows(
          count, hidden, gated + place * gateStride, gateStride, projectOut.integers, quantized),
        n: y.channels, matrix: memory.pointer(projectOut.slot), y: memory.pointer(y, pixel: pixel),
        yStride: y.stride)
      // The rows that are made wide after these.
      let isWhole = part.columns.count == x.width
      product.next = memory.next(
        x,
        pixel: pixel + (part.rows.count + 1) * x.width + part.tile.lowerBound
          - part.columns.lowerBound, count: isWhole ? count : part.tile.count)
      product.bias = memory.pointer(projectOut.bias)
      product.weightScale = memory.pointer(projectOut.integers?.weightScale)
      product.residual = UnsafePointer(memory.pointer(x, pixel: pixel))
      product.residualStride = x.stride
      memory.multiply(product, wide.gemm)
    }
  }
}
