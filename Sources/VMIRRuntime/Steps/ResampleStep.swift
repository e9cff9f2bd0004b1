import CVMIRKernels
import VMIRGraph

/// An interpolation along the height, then along the width.
struct ResampleStep: StepKind {
  static let kind = "resample"

  let x: View
  let y: View
  /// By row of the result.
  let rows: [ResampleTaps]
  /// By column of the result.
  let columns: [ResampleTaps]

  func itemCount(threadCount: Int) -> Int { y.height }

  func scratchCount(_ kernels: Kernels) -> Int { lines(x.width * x.channels) }

  func run(_ row: Int, _ thread: Int, _ memory: StepMemory) {
    let line = memory.scratch(thread: thread)
    let table = memory.kernels.pointee
    let c = x.channels
    for (tap, weight) in rows[row].weights.enumerated() {
      let source = memory.pointer(x, pixel: rows[row].indices[tap] * x.width)
      if tap == 0 { line.update(repeating: 0, count: x.width * c) }
      table.scaled_add(x.width, c, Float(weight), source, x.stride, line, c, line, c)
    }
    var target = memory.pointer(y, pixel: row * y.width)
    for column in columns {
      target.update(repeating: 0, count: c)
      for (tap, weight) in column.weights.enumerated() {
        table.scaled_add(
          1, c, Float(weight), line + column.indices[tap] * c, c, target, c, target, c)
      }
      target += y.stride
    }
  }
}
