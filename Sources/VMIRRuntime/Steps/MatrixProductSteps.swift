import CVMIRKernels
import VMIRGraph

/// The matrices of a product of two images.
struct MatrixView: Equatable, Sendable {
  let view: View
  let form: MatMul.Form
  let batch: Int

  init(_ view: View, _ form: MatMul.Form, batch: Int) {
    self.view = view
    self.form = form
    self.batch = batch
  }

  var rows: Int { form == .rows ? view.width : view.pixelCount }
  var columns: Int { form == .rows ? view.channels : view.channels / batch }
  /// Floats from one row to the next.
  var stride: Int { view.stride }

  /// First element of a row of matrix `index`.
  func pointer(_ index: Int, row: Int = 0, _ memory: StepMemory) -> UnsafeMutablePointer<Float> {
    switch form {
    case .rows: memory.pointer(view, pixel: index * view.width + row)
    case .channels: memory.pointer(view, pixel: row) + index * columns
    }
  }
}

/// The second operand of products, packed as weights are, a matrix `[rowCount][count]` each.
struct PackedProductsStep: StepKind {
  static let kind = "matmul"

  let w: MatrixView
  /// Whether a column of the operand is a row of what is packed.
  let isTransposed: Bool
  let rowCount: Int
  let count: Int
  let lanes: Int
  let packed: View

  /// Rows that are packed at a time: whole panels.
  private var blocks: Blocks { Blocks(of: rowCount, size: 4 * lanes) }

  func itemCount(threadCount: Int) -> Int { w.batch * blocks.blockCount }

  func scratchCount(_ kernels: Kernels) -> Int { lines(min(blocks.size, rowCount) * count) }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let (matrix, block) = (item / blocks.blockCount, item % blocks.blockCount)
    let rows = blocks[block]
    let gathered = memory.scratch(thread: thread)
    if isTransposed {
      for k in 0..<count {
        let source = w.pointer(matrix, row: k, memory) + rows.lowerBound
        var place = gathered + k
        for row in 0..<rows.count {
          place.pointee = source[row]
          place += count
        }
      }
    } else {
      for row in rows {
        moveFloats(
          w.pointer(matrix, row: row, memory), to: gathered + (row - rows.lowerBound) * count,
          count: count)
      }
    }
    memory.kernels.pointee.gemm_pack(
      rows.count, count, gathered,
      memory.pointer(packed, pixel: matrix) + rows.lowerBound * count)
  }
}

/// Products of images with matrices that a step before packed.
struct ProductsStep: StepKind {
  static let kind = "matmul"

  let x: MatrixView
  let packed: View
  let y: MatrixView

  private var blocks: Blocks { Blocks(of: y.rows, size: 96) }

  func itemCount(threadCount: Int) -> Int { x.batch * blocks.blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let (matrix, block) = (item / blocks.blockCount, item % blocks.blockCount)
    let rows = blocks[block]
    memory.kernels.pointee.gemm(
      rows.count, y.columns, x.columns, x.pointer(matrix, row: rows.lowerBound, memory), x.stride,
      memory.pointer(packed, pixel: matrix), nil,
      y.pointer(matrix, row: rows.lowerBound, memory), y.stride)
  }
}

/// Products over the rows of two images, such as Gram matrices of channels.
struct TransposedProductsStep: StepKind {
  static let kind = "matmul"

  /// Rows whose products are summed in single precision.
  private static let pieceSize = 512

  let x: MatrixView
  let w: MatrixView
  let y: MatrixView

  /// Columns of x: rows of the result.
  private var blocks: Blocks { Blocks(of: x.columns, size: 16) }

  func itemCount(threadCount: Int) -> Int { x.batch * blocks.blockCount }

  func scratchCount(_ kernels: Kernels) -> Int { 3 * lines(blocks.size * w.columns) }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let (matrix, block) = (item / blocks.blockCount, item % blocks.blockCount)
    let columns = blocks[block]
    let (m, n) = (columns.count, w.columns)
    let target = y.pointer(matrix, row: columns.lowerBound, memory)
    let pieces = Blocks(of: x.rows, size: TransposedProductsStep.pieceSize)
    func multiply(_ rows: Range<Int>, _ sums: UnsafeMutablePointer<Float>, _ stride: Int) {
      memory.kernels.pointee.gemm_transposed(
        rows.count, m, n,
        x.pointer(matrix, row: rows.lowerBound, memory) + columns.lowerBound, x.stride,
        w.pointer(matrix, row: rows.lowerBound, memory), w.stride, 0, sums, stride)
    }
    guard pieces.blockCount > 1 else { return multiply(0..<x.rows, target, y.stride) }
    let sums = memory.scratch(thread: thread)
    // SAFETY: scratch starts at a multiple of 64 bytes and has room for `m * n` doubles behind the
    // floats, which end at such a multiple.
    let start = UnsafeMutableRawPointer(sums + lines(blocks.size * n))
    let totals = start.bindMemory(to: Double.self, capacity: m * n)
    totals.update(repeating: 0, count: m * n)
    for piece in 0..<pieces.blockCount {
      multiply(pieces[piece], sums, n)
      for place in 0..<m * n { totals[place] += Double(sums[place]) }
    }
    for row in 0..<m {
      for column in 0..<n {
        target[row * y.stride + column] = Float(totals[row * n + column])
      }
    }
  }
}
