import CVMIRKernels

/// A whole feed-forward block, `x + projectOut(gelu(a) * b)` with `a`, `b` the halves of
/// `depthwise(projectIn(norm(x)))`, a few rows at a time: the wide image between never exists.
///
/// An item is a strip of rows of a tile of columns. It goes down the strip and keeps the last two
/// rows of the wide image, so only the strip's border is computed twice.
struct FeedForwardStep: StepKind {
  static let kind = "feed_forward"

  let x: View
  let y: View
  let norm: Norm
  let projectIn: PackedMatrix
  let taps: WeightSlot
  let tapsBias: WeightSlot?
  let projectOut: PackedMatrix
  let gemm: GEMMBackend

  /// Channels of each half.
  private var hidden: Int { projectIn.rowCount / 2 }

  /// Whether an image is large enough to be cut into strips.
  static func isWorthwhile(_ x: View) -> Bool { x.pixelCount >= 1 << 13 }

  private var strips: Tiles {
    // Long strips repeat less; short ones let more threads work on a small image.
    Tiles(x, height: x.height >= 256 ? 64 : 32, width: 68)
  }

  func itemCount(threadCount: Int) -> Int { strips.count }

  /// Output rows made at a time.
  private var rowCount: Int { max(128 / max(strips.columns.size, 1), 1) }
  private var tileWidth: Int { strips.columns.size + 2 }
  private var wideStride: Int { lines(2 * hidden) }
  private var gateStride: Int { lines(hidden) }
  private var normStride: Int { lines(x.channels) }
  private var normCount: Int { (rowCount + 2) * tileWidth * normStride }
  private var wideCount: Int { (rowCount + 2) * tileWidth * wideStride }
  private var gateCount: Int { rowCount * tileWidth * gateStride }

  func scratchCount(_ kernels: Kernels) -> Int {
    let pixelCount = (rowCount + 2) * tileWidth
    return wideCount + gateCount + normCount
      + max(
        quantizedCount(pixelCount, x.channels, projectIn.integers, kernels),
        quantizedCount(pixelCount, hidden, projectOut.integers, kernels))
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let (rows, columns) = strips[item]
    let strip = Strip(step: self, columns: columns, memory.scratch(thread: thread), memory)
    var row = rows.lowerBound
    // Rows of the wide image that are there: `first ..< end`.
    var first = max(row - 1, 0)
    var end = first
    while row < rows.upperBound {
      let next = min(row + rowCount, rows.upperBound)
      let needed = max(row - 1, 0)
      strip.move(rows: needed..<end, from: first)
      first = needed
      end = max(end, first)
      let wanted = min(next + 1, x.height)
      strip.widen(rows: end..<wanted, first: first)
      end = wanted
      strip.narrow(rows: row..<next, first: first)
      row = next
    }
  }

  /// The scratch of one item, and what is done with it.
  private struct Strip {
    let step: FeedForwardStep
    let columns: Range<Int>
    /// Columns with the border that the depthwise convolution looks at.
    let tile: Range<Int>
    let wide: UnsafeMutablePointer<Float>
    let gated: UnsafeMutablePointer<Float>
    let normalized: UnsafeMutablePointer<Float>
    /// Room for what a product reads as integers.
    let quantized: UnsafeMutablePointer<Float>
    let memory: StepMemory

    init(
      step: FeedForwardStep, columns: Range<Int>, _ scratch: UnsafeMutablePointer<Float>,
      _ memory: StepMemory
    ) {
      self.step = step
      self.columns = columns
      tile = max(columns.lowerBound - 1, 0)..<min(columns.upperBound + 1, step.x.width)
      wide = scratch
      gated = wide + step.wideCount
      normalized = gated + step.gateCount
      quantized = normalized + step.normCount
      self.memory = memory
    }

    private var lineCount: Int { tile.count * step.wideStride }

    /// Keeps these rows of the wide image, which started at row `first`, at its start.
    func move(rows: Range<Int>, from first: Int) {
      guard rows.lowerBound > first, !rows.isEmpty else { return }
      moveFloats(
        wide + (rows.lowerBound - first) * lineCount, to: wide, count: rows.count * lineCount)
    }

    /// Makes rows of the wide image, which starts at row `first`.
    func widen(rows: Range<Int>, first: Int) {
      let (x, c) = (step.x, step.x.channels)
      // Rows of a tile as wide as the image are consecutive pixels.
      let isWhole = tile.count == x.width
      let pieces = isWhole ? 1 : rows.count
      let pixelCount = isWhole ? rows.count * tile.count : tile.count
      for piece in 0..<pieces where pixelCount > 0 {
        let row = rows.lowerBound + piece
        let source = memory.pointer(x, pixel: row * x.width + tile.lowerBound)
        step.norm.apply(pixelCount, c, source, x.stride, normalized, step.normStride, memory)
        var product = Product(
          rows: pixelCount, k: c,
          x: memory.productRows(
            pixelCount, c, normalized, step.normStride, step.projectIn.integers, quantized),
          n: step.projectIn.rowCount, matrix: memory.pointer(step.projectIn.slot),
          y: wide + (row - first) * lineCount, yStride: step.wideStride)
        product.bias = memory.pointer(step.projectIn.bias)
        product.weightScale = memory.pointer(step.projectIn.integers?.weightScale)
        memory.multiply(product, step.gemm)
      }
    }

    /// Makes rows of the output of the wide image, which starts at row `first`.
    func narrow(rows: Range<Int>, first: Int) {
      let (x, y) = (step.x, step.y)
      var range = vk_rows(
        height: x.height, width: tile.count, row_begin: rows.lowerBound, row_end: rows.upperBound,
        x_row: first, y_row: rows.lowerBound)
      memory.kernels.pointee.depthwise3x3_gate(
        &range, step.hidden, wide, step.wideStride, memory.pointer(step.taps),
        memory.pointer(step.tapsBias), gated, step.gateStride)
      let isWhole = columns.count == x.width
      let pieces = isWhole ? 1 : rows.count
      let pixelCount = isWhole ? rows.count * columns.count : columns.count
      for piece in 0..<pieces {
        let pixel = (rows.lowerBound + piece) * x.width + columns.lowerBound
        let column = piece * tile.count + columns.lowerBound - tile.lowerBound
        var product = Product(
          rows: pixelCount, k: step.hidden,
          x: memory.productRows(
            pixelCount, step.hidden, gated + column * step.gateStride, step.gateStride,
            step.projectOut.integers, quantized),
          n: y.channels, matrix: memory.pointer(step.projectOut.slot),
          y: memory.pointer(y, pixel: pixel), yStride: y.stride)
        // The rows that are made wide after these.
        product.next = memory.next(
          x, pixel: (rows.upperBound + 1 + piece) * x.width + tile.lowerBound,
          count: isWhole ? pixelCount : tile.count)
        product.bias = memory.pointer(step.projectOut.bias)
        product.weightScale = memory.pointer(step.projectOut.integers?.weightScale)
        product.residual = UnsafePointer(memory.pointer(x, pixel: pixel))
        product.residualStride = x.stride
        memory.multiply(product, step.gemm)
      }
    }
  }
}
