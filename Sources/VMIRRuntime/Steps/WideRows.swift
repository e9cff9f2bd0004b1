import CVMIRKernels

/// A wide image that never exists as a whole, `matrix * norm(x)`, in the rows that a 3x3 convolution
/// looks at.
///
/// It is made in strips of rows of tiles of columns. Each goes down and keeps the last two rows, so
/// only its border is computed twice.
struct WideRows: Equatable, Sendable {
  let x: View
  let norm: Norm
  let matrix: PackedMatrix
  let gemm: GEMMBackend

  /// Whether an image is large enough to be cut into strips.
  static func isWorthwhile(_ x: View) -> Bool { x.pixelCount >= 1 << 13 }

  var strips: Tiles {
    // Long strips repeat less; short ones let more threads work on a small image.
    Tiles(x, height: x.height >= 256 ? 64 : 32, width: 68)
  }

  /// Rows of the convolution's result that are made at a time.
  var rowCount: Int { max(128 / max(strips.columns.size, 1), 1) }
  var tileWidth: Int { strips.columns.size + 2 }
  /// Floats from one pixel to the next.
  var stride: Int { lines(matrix.rowCount) }

  private var normStride: Int { lines(x.channels) }
  private var normCount: Int { (rowCount + 2) * tileWidth * normStride }
  private var wideCount: Int { (rowCount + 2) * tileWidth * stride }

  /// Floats of scratch: the rows, room for what they are made of, and for integers.
  func scratchCount(_ kernels: Kernels) -> Int {
    wideCount + normCount
      + quantizedCount((rowCount + 2) * tileWidth, x.channels, matrix.integers, kernels)
  }

  /// Goes down a strip and calls `use` with the rows of the convolution's result that can be made.
  func run(
    _ item: Int, _ scratch: UnsafeMutablePointer<Float>, _ memory: StepMemory,
    _ use: (WideRowsPart) -> Void
  ) {
    let (rows, columns) = strips[item]
    let tile = max(columns.lowerBound - 1, 0)..<min(columns.upperBound + 1, x.width)
    let lineCount = tile.count * stride
    var row = rows.lowerBound
    // Rows of the wide image that are there: `first ..< end`.
    var first = max(row - 1, 0)
    var end = first
    while row < rows.upperBound {
      let next = min(row + rowCount, rows.upperBound)
      let needed = max(row - 1, 0)
      if needed > first, end > needed {
        moveFloats(
          scratch + (needed - first) * lineCount, to: scratch, count: (end - needed) * lineCount)
      }
      first = needed
      end = max(end, first)
      let wanted = min(next + 1, x.height)
      widen(end..<wanted, tile, scratch, scratch + (end - first) * lineCount, memory)
      end = wanted
      use(WideRowsPart(rows: row..<next, columns: columns, tile: tile, wide: scratch, first: first))
      row = next
    }
  }

  /// Makes rows of the wide image at `target`.
  private func widen(
    _ rows: Range<Int>, _ tile: Range<Int>, _ scratch: UnsafeMutablePointer<Float>,
    _ target: UnsafeMutablePointer<Float>, _ memory: StepMemory
  ) {
    let (normalized, c) = (scratch + wideCount, x.channels)
    // Rows of a tile as wide as the image are consecutive pixels.
    let isWhole = tile.count == x.width
    let pieces = isWhole ? 1 : rows.count
    let pixelCount = isWhole ? rows.count * tile.count : tile.count
    for piece in 0..<pieces where pixelCount > 0 {
      let source = memory.pointer(
        x, pixel: (rows.lowerBound + piece) * x.width + tile.lowerBound)
      norm.apply(pixelCount, c, source, x.stride, normalized, normStride, memory)
      var product = Product(
        rows: pixelCount, k: c,
        x: memory.productRows(
          pixelCount, c, normalized, normStride, matrix.integers, normalized + normCount),
        n: matrix.rowCount, matrix: memory.pointer(matrix.slot),
        y: target + piece * tile.count * stride, yStride: stride)
      product.bias = memory.pointer(matrix.bias)
      product.weightScale = memory.pointer(matrix.integers?.weightScale)
      memory.multiply(product, gemm)
    }
  }
}

/// Rows that a 3x3 convolution can make of the rows of a wide image that are there.
struct WideRowsPart {
  /// Rows and columns of the result.
  let rows: Range<Int>
  let columns: Range<Int>
  /// Columns of the wide image: those and a border, as far as there are any.
  let tile: Range<Int>
  /// The wide image from row `first` on.
  let wide: UnsafeMutablePointer<Float>
  let first: Int

  /// The convolution of these rows on all columns of the tile, into a buffer that starts with them.
  func kernelRows(height: Int) -> vk_rows {
    vk_rows(
      height: height, width: tile.count, row_begin: rows.lowerBound, row_end: rows.upperBound,
      x_row: first, y_row: rows.lowerBound)
  }

  /// Runs of pixels of the result that follow each other in an image of this width.
  func runCount(width: Int) -> Int { columns.count == width ? 1 : rows.count }

  /// A run: its first pixel in the image, its first pixel in the buffer, and its pixels.
  func run(_ index: Int, width: Int) -> (pixel: Int, column: Int, count: Int) {
    let row = rows.lowerBound + index
    return (
      row * width + columns.lowerBound, index * tile.count + columns.lowerBound - tile.lowerBound,
      columns.count == width ? rows.count * width : columns.count
    )
  }
}
