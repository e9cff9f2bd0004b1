import CVMIRKernels

/// Rows and columns of an image in any order; number 0 is one of `fill`, `i + 1` that of index `i`.
struct GatherPixelsStep: StepKind {
  static let kind = "gather"

  let rows: [Int]
  let columns: [Int]
  let fill: Float
  let x: View
  let y: View

  func itemCount(threadCount: Int) -> Int { y.height }

  func run(_ row: Int, _ thread: Int, _ memory: StepMemory) {
    let source = rows[row] - 1
    var column = 0
    while column < columns.count {
      // Columns that follow each other on both sides are copied at once.
      let first = source < 0 ? -1 : columns[column] - 1
      var end = column + 1
      while end < columns.count,
        first < 0 ? source < 0 || columns[end] == 0 : columns[end] - 1 == first + end - column
      {
        end += 1
      }
      let target = memory.pointer(y, pixel: row * y.width + column)
      if first < 0 {
        for pixel in 0..<end - column {
          (target + pixel * y.stride).update(repeating: fill, count: y.channels)
        }
      } else {
        memory.kernels.pointee.copy_rows(
          end - column, x.channels, memory.pointer(x, pixel: source * x.width + first), x.stride,
          target, y.stride)
      }
      column = end
    }
  }
}

/// Channels of an image in any order.
struct GatherChannelsStep: PixelwiseStep {
  static let kind = "gather"

  let channels: [Int]
  let x: View
  let y: View

  func run(
    _ pixelCount: Int, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  ) {
    var first = 0
    while first < channels.count {
      var end = first + 1
      while end < channels.count, channels[end] == channels[first] + end - first { end += 1 }
      memory.kernels.pointee.copy_rows(
        pixelCount, end - first, source + channels[first], x.stride, target + first, y.stride)
      first = end
    }
  }
}
