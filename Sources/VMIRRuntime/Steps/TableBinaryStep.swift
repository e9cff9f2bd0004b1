import CVMIRKernels
import VMIRGraph

/// A sum or product of an image and a table of constants, `[rows][W or 1][C]`.
struct TableBinaryStep: StepKind {
  static let kind = "elementwise"

  let function: TableBinary.Function
  let x: View
  let y: View
  let table: WeightSlot
  let rows: Int
  /// Rows of the image to a row of the table.
  let divisor: Int
  /// Whether the table has a column for each of the image.
  let isWide: Bool

  func itemCount(threadCount: Int) -> Int { y.height }

  func run(_ row: Int, _ thread: Int, _ memory: StepMemory) {
    let width = isWide ? x.width : 1
    let constants = memory.pointer(table) + row / divisor % rows * width * x.channels
    let kernels = memory.kernels.pointee
    let kernel = function == .add ? kernels.add : kernels.multiply
    kernel(
      x.width, x.channels, memory.pointer(x, pixel: row * x.width), x.stride, constants,
      isWide ? x.channels : 0, memory.pointer(y, pixel: row * x.width), y.stride)
  }
}
