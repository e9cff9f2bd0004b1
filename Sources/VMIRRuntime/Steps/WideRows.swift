import CVMIRKernels

/// A wide image that never exists as a whole, `matrix * norm(x)`, in the rows that a 3x3 convolution
/// looks at.
///
/// It is made in strips of columns. Each goes down and keeps the last two rows, so only its border is
/// computed twice. Strips are cut into blocks of rows, the same for any number of threads.
struct WideRows: Equatable, Sendable {
  let x: View
  let norm: Norm
  let matrix: PackedMatrix
  let gemm: GEMMBackend

  /// Whether an image is so large that the wide one would not stay in a core's cache.
  static func isWorthwhile(_ x: View, channels: Int) -> Bool {
    x.pixelCount * pixelStride(channels) > 3 << 16
  }

  /// Floats from one pixel to the next.
  var stride: Int { pixelStride(matrix.rowCount) }

  /// The blocks, row by row of blocks.
  var blocks: Tiles {
    // Rows of few columns stay in a core's cache with what is made of them.
    Tiles(x, height: x.height >= 256 ? 32 : 8, width: stride > 768 ? 34 : 68)
  }

  /// Strips of blocks below each other: long ones repeat less, short ones let all threads work.
  func strips(threadCount: Int) -> WideStrips {
    let blocks = blocks
    let wanted = threadCount == 1 ? 1 : 4 * threadCount
    let cuts = (wanted + blocks.columns.blockCount - 1) / blocks.columns.blockCount
    return WideStrips(
      blocks: blocks,
      rows: Blocks(of: blocks.rows.blockCount, size: (blocks.rows.blockCount + cuts - 1) / cuts))
  }

  /// Rows of the convolution's result that are made at a time.
  var rowCount: Int {
    let pixelCount = stride > 768 ? 64 : 128
    return min(max(pixelCount / max(blocks.columns.size, 1), 1), blocks.rows.size)
  }
  /// Pixels of those rows at most.
  var pixelCount: Int { rowCount * blocks.columns.size }
  private var tileWidth: Int { blocks.columns.size + 2 }

  private var normStride: Int { pixelStride(x.channels) }
  private var normCount: Int { (rowCount + 2) * tileWidth * normStride }
  /// Rows of the wide image that are held, one after the other in a ring.
  private var ring: Int { rowCount + 2 }
  private var wideCount: Int { ring * tileWidth * stride }

  /// Floats of scratch: the rows, room for what they are made of, and for integers.
  func scratchCount(_ kernels: Kernels) -> Int {
    wideCount + normCount
      + quantizedCount((rowCount + 2) * tileWidth, x.channels, matrix.integers, kernels.table)
  }

  /// Goes down a strip and calls `use` with the rows of the convolution's result that can be made.
  func run(
    _ item: Int, _ scratch: UnsafeMutablePointer<Float>, _ memory: StepMemory,
    _ use: (WideRowsPart) -> Void
  ) {
    let strips = strips(threadCount: memory.threadCount)
    let columns = strips.columns(item)
    let tile = max(columns.lowerBound - 1, 0)..<min(columns.upperBound + 1, x.width)
    // Rows of the wide image up to here are there.
    var end = max(strips.firstRow(item) - 1, 0)
    for block in strips.blocks(item) {
      let rows = strips.blocks[block].rows
      var row = rows.lowerBound
      while row < rows.upperBound {
        let next = min(row + rowCount, rows.upperBound)
        let wanted = min(next + 1, x.height)
        widen(end..<wanted, tile, scratch, memory)
        end = wanted
        use(
          WideRowsPart(
            block: block, isFirst: row == rows.lowerBound, rows: row..<next, columns: columns,
            tile: tile, wide: scratch, ring: ring))
        row = next
      }
    }
  }

  /// Makes rows of the wide image, each at its place in the ring.
  private func widen(
    _ rows: Range<Int>, _ tile: Range<Int>, _ scratch: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  ) {
    let (normalized, c) = (scratch + wideCount, x.channels)
    // Rows of a tile as wide as the image are consecutive pixels.
    let isWhole = tile.count == x.width
    var row = rows.lowerBound
    while row < rows.upperBound {
      let slot = row % ring
      let rowCount = isWhole ? min(rows.upperBound - row, ring - slot) : 1
      let pixelCount = rowCount * tile.count
      let source = memory.pointer(x, pixel: row * x.width + tile.lowerBound)
      norm.apply(pixelCount, c, source, x.stride, normalized, normStride, memory)
      var product = Product(
        rows: pixelCount, k: c,
        x: memory.productRows(
          pixelCount, c, normalized, normStride, matrix.integers, normalized + normCount),
        n: matrix.rowCount, matrix: memory.pointer(matrix.slot),
        y: scratch + slot * tile.count * stride, yStride: stride)
      product.bias = memory.pointer(matrix.bias)
      product.weightScale = memory.pointer(matrix.integers?.weightScale)
      memory.multiply(product, gemm)
      row += rowCount
    }
  }
}

/// Rows that a 3x3 convolution can make of the rows of a wide image that are there.
struct WideRowsPart {
  /// Number of the block that they are in, and whether they are its first.
  let block: Int
  let isFirst: Bool
  /// Rows and columns of the result.
  let rows: Range<Int>
  let columns: Range<Int>
  /// Columns of the wide image: those and a border, as far as there are any.
  let tile: Range<Int>
  /// The rows of the wide image that are there, row r at place r % ring.
  let wide: UnsafeMutablePointer<Float>
  let ring: Int

  /// The convolution of these rows and columns, into a buffer of rows of so many pixels that starts
  /// with the first of them.
  func kernelPart(height: Int, width: Int) -> vk_part {
    vk_part(
      rows: vk_rows(
        height: height, width: tile.count, row_begin: rows.lowerBound, row_end: rows.upperBound,
        x_row: 0, y_row: rows.lowerBound),
      x_ring: ring, column_begin: columns.lowerBound - tile.lowerBound,
      column_end: columns.upperBound - tile.lowerBound, y_width: width)
  }

  /// Runs of pixels of the result that follow each other in an image of this width.
  func runCount(width: Int) -> Int { columns.count == width ? 1 : rows.count }

  /// A run: its first pixel in the image, its first pixel in a buffer of the result, and its pixels.
  func run(_ index: Int, width: Int) -> (pixel: Int, place: Int, count: Int) {
    (
      (rows.lowerBound + index) * width + columns.lowerBound, index * columns.count,
      columns.count == width ? rows.count * width : columns.count
    )
  }
}

/// Runs of blocks below each other.
struct WideStrips: Equatable, Sendable {
  let blocks: Tiles
  /// Rows of blocks of each strip.
  let rows: Blocks

  var count: Int { rows.blockCount * blocks.columns.blockCount }

  func columns(_ strip: Int) -> Range<Int> { blocks.columns[strip % blocks.columns.blockCount] }

  /// First row of pixels.
  func firstRow(_ strip: Int) -> Int {
    blocks.rows[rows[strip / blocks.columns.blockCount].lowerBound].lowerBound
  }

  /// Numbers of the blocks, from the top.
  func blocks(_ strip: Int) -> StrideTo<Int> {
    let width = blocks.columns.blockCount
    let range = rows[strip / width]
    return stride(
      from: range.lowerBound * width + strip % width, to: range.upperBound * width, by: width)
  }
}
