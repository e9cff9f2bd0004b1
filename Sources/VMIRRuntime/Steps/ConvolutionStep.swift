import CVMIRKernels

/// Rows `rows` of the output of an operator on the whole image `x`.
func kernelRows(_ x: View, _ rows: Range<Int>) -> vk_rows {
  vk_rows(
    height: x.height, width: x.width, row_begin: rows.lowerBound, row_end: rows.upperBound,
    x_row: 0, y_row: 0)
}

/// An image cut into tiles, row by row of tiles.
struct Tiles: Equatable, Sendable {
  let rows: Blocks
  let columns: Blocks

  init(_ view: View, height: Int, width: Int) {
    rows = Blocks(of: view.height, size: min(height, view.height))
    columns = Blocks(of: view.width, size: min(width, view.width))
  }

  var count: Int { rows.blockCount * columns.blockCount }

  subscript(_ tile: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    (rows[tile / columns.blockCount], columns[tile % columns.blockCount])
  }
}

/// A dense 3x3 convolution, maybe followed by a pixel shuffle.
///
/// A tile of the input is copied with a border of one pixel, zeros outside the image. Then three
/// neighbours in a row are `3 c` consecutive floats, and each row of taps is one matrix product
/// whose rows overlap.
struct ConvolutionStep: StepKind {
  static let kind = "convolution3x3"

  let x: View
  let y: View
  /// One, or one for each place in the square of a pixel shuffle.
  let parts: [PackedConvolution]
  /// Side of that square, 1 where there is no shuffle.
  let factor: Int
  let epilogue: ConvolutionEpilogue
  let gemm: GEMMBackend

  private var tiles: Tiles { Tiles(x, height: 4, width: 112) }

  func itemCount(threadCount: Int) -> Int { tiles.count }

  func scratchCount(_ kernels: Kernels) -> Int {
    (tiles.rows.size + 2) * (tiles.columns.size + 2) * x.channels
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let (rows, columns) = tiles[item]
    let tile = memory.scratch(thread: thread)
    let lineCount = (columns.count + 2) * x.channels
    for line in 0..<rows.count + 2 {
      copyLine(rows.lowerBound + line - 1, columns, to: tile + line * lineCount, memory)
    }
    for row in 0..<rows.count {
      for (index, part) in parts.enumerated() {
        multiply(
          part, place: index, tile + row * lineCount, lineCount,
          row: rows.lowerBound + row, columns, memory)
      }
    }
  }

  /// Copies the pixels of one row from the column before `columns` to the one after.
  private func copyLine(
    _ row: Int, _ columns: Range<Int>, to target: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  ) {
    let c = x.channels
    guard row >= 0, row < x.height else {
      return target.update(repeating: 0, count: (columns.count + 2) * c)
    }
    let first = max(columns.lowerBound - 1, 0)
    let last = min(columns.upperBound + 1, x.width)
    let inside = target + (first - columns.lowerBound + 1) * c
    target.update(repeating: 0, count: inside - target)
    memory.kernels.pointee.copy_rows(
      last - first, c, memory.pointer(x, pixel: row * x.width + first), x.stride, inside, c)
    let end = inside + (last - first) * c
    end.update(repeating: 0, count: target + (columns.count + 2) * c - end)
  }

  private func multiply(
    _ part: PackedConvolution, place: Int, _ tile: UnsafePointer<Float>, _ lineCount: Int,
    row: Int, _ columns: Range<Int>, _ memory: StepMemory
  ) {
    let c = x.channels
    let yRow = row * factor + place / factor
    let pixel = yRow * y.width + columns.lowerBound * factor + place % factor
    for dy in 0..<3 {
      var product = Product(
        rows: columns.count, k: 3 * c, x: .floats(tile + dy * lineCount, stride: c),
        n: part.rowCount,
        matrix: memory.pointer(part.rows[dy]), y: memory.pointer(y, pixel: pixel),
        yStride: y.stride * factor)
      product.isAccumulating = dy > 0
      if dy == 2 {
        product.bias = memory.pointer(part.bias)
        if let residual = epilogue.residual, isResidualInProduct {
          product.residual = UnsafePointer(memory.pointer(residual, pixel: pixel))
          product.residualStride = residual.stride * factor
        }
      }
      memory.multiply(product, gemm)
    }
    if !isResidualInProduct { finish(part, place, pixel: pixel, count: columns.count, memory) }
  }

  /// Whether the products add the residual, since nothing comes between.
  private var isResidualInProduct: Bool { epilogue.slope == nil && epilogue.scale == 1 }

  /// Applies the epilogue to `count` outputs of one place, from `pixel` on.
  private func finish(
    _ part: PackedConvolution, _ place: Int, pixel: Int, count: Int, _ memory: StepMemory
  ) {
    let (target, stride) = (memory.pointer(y, pixel: pixel), y.stride * factor)
    if let slope = epilogue.slope {
      // One pixel of slopes, repeated with stride 0.
      memory.kernels.pointee.prelu(
        count, part.rowCount, target, stride, memory.pointer(slope) + place * part.rowCount, 0,
        target, stride)
    }
    if let residual = epilogue.residual {
      memory.kernels.pointee.scaled_add(
        count, part.rowCount, epilogue.scale, target, stride,
        memory.pointer(residual, pixel: pixel), residual.stride * factor, target, stride)
    }
  }
}

/// A dense 3x3 convolution to very few channels: each input pixel is multiplied with all taps at
/// once, and an output adds up what its nine neighbours have for it.
struct TapConvolutionStep: StepKind {
  static let kind = "convolution3x3"

  let x: View
  let y: View
  let matrix: PackedMatrix
  let outputs: Int
  let bias: WeightSlot?
  let residual: View?
  let gemm: GEMMBackend

  private var tiles: Tiles { Tiles(x, height: 8, width: 112) }

  func itemCount(threadCount: Int) -> Int { tiles.count }

  private var tapStride: Int { lines(matrix.rowCount) }

  func scratchCount(_ kernels: Kernels) -> Int {
    (tiles.rows.size + 2) * (tiles.columns.size + 2) * tapStride
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let (rows, columns) = tiles[item]
    let taps = memory.scratch(thread: thread)
    let first = max(columns.lowerBound - 1, 0)
    let last = min(columns.upperBound + 1, x.width)
    let firstRow = max(rows.lowerBound - 1, 0)
    let lastRow = min(rows.upperBound + 1, x.height)
    for row in firstRow..<lastRow {
      memory.multiply(
        Product(
          rows: last - first, k: x.channels,
          x: .floats(memory.pointer(x, pixel: row * x.width + first), stride: x.stride),
          n: matrix.rowCount, matrix: memory.pointer(matrix.slot),
          y: taps + (row - firstRow) * (last - first) * tapStride, yStride: tapStride), gemm)
    }
    for row in rows {
      let pixel = row * x.width + columns.lowerBound
      func line(_ row: Int) -> UnsafePointer<Float>? {
        firstRow..<lastRow ~= row
          ? UnsafePointer(taps + (row - firstRow) * (last - first) * tapStride) : nil
      }
      var sums = vk_tap_sums(
        lines: (line(row - 1), line(row), line(row + 1)), first: first, last: last,
        stride: tapStride, outputs: outputs, begin: columns.lowerBound, end: columns.upperBound,
        bias: memory.pointer(bias),
        residual: residual.map { UnsafePointer(memory.pointer($0, pixel: pixel)) },
        residual_stride: residual?.stride ?? 0, y: memory.pointer(y, pixel: pixel),
        y_stride: y.stride)
      memory.kernels.pointee.tap_sums(&sums)
    }
  }
}

/// A depthwise 3x3 convolution with an elementwise epilogue.
struct DepthwiseStep: StepKind {
  static let kind = "depthwise"

  enum DepthwiseEpilogue: Equatable, Sendable {
    case none, silu, gelu
    /// `gelu(first half of the channels) * (second half)`.
    case geluGate
  }

  let x: View
  let y: View
  let taps: WeightSlot
  let bias: WeightSlot?
  let ending: DepthwiseEpilogue

  private var blocks: Blocks {
    Blocks(of: y.height, size: min(256 / max(y.width, 1), (y.height + 7) / 8))
  }

  func itemCount(threadCount: Int) -> Int { blocks.blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    var part = vk_part(
      rows: kernelRows(x, blocks[item]), x_ring: 0, column_begin: 0, column_end: x.width,
      y_width: x.width)
    let kernels = memory.kernels.pointee
    switch ending {
    case .none, .silu, .gelu:
      let activation =
        switch ending {
        case .silu: VK_ACTIVATION_SILU
        case .gelu: VK_ACTIVATION_GELU
        case .none, .geluGate: VK_ACTIVATION_NONE
        }
      kernels.depthwise3x3(
        &part, x.channels, memory.pointer(x), x.stride, memory.pointer(taps), x.channels,
        memory.pointer(bias), activation, memory.pointer(y), y.stride)
    case .geluGate:
      kernels.depthwise3x3_gate(
        &part, y.channels, memory.pointer(x), x.stride, memory.pointer(taps),
        memory.pointer(bias), memory.pointer(y), y.stride)
    }
  }
}
