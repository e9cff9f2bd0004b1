import CVMIRKernels

/// The greatest element of each channel in a window.
struct MaxPoolStep: StepKind {
  static let kind = "pool"

  let x: View
  let y: View
  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  /// Pixels of padding, top and left.
  let pads: [Int]

  func itemCount(threadCount: Int) -> Int { y.height }

  func run(_ row: Int, _ thread: Int, _ memory: StepMemory) {
    let target = memory.pointer(y, pixel: row * y.width)
    for pixel in 0..<y.width {
      (target + pixel * y.stride).update(repeating: -.infinity, count: y.channels)
    }
    for dy in 0..<kernel[0] {
      let xRow = row * strides[0] + dy * dilations[0] - pads[0]
      guard xRow >= 0, xRow < x.height else { continue }
      for dx in 0..<kernel[1] {
        let shift = dx * dilations[1] - pads[1]
        let columns = insideColumns(shift, strides[1], y.width, x.width)
        guard !columns.isEmpty else { continue }
        let place = target + columns.lowerBound * y.stride
        memory.kernels.pointee.maximum(
          columns.count, x.channels, place, y.stride,
          memory.pointer(x, pixel: xRow * x.width + columns.lowerBound * strides[1] + shift),
          x.stride * strides[1], place, y.stride)
      }
    }
  }
}

/// Columns `w` below `count` for which `w * stride + shift` is one of `width` columns.
func insideColumns(_ shift: Int, _ stride: Int, _ count: Int, _ width: Int) -> Range<Int> {
  let first = shift < 0 ? (-shift + stride - 1) / stride : 0
  let end = shift < width ? (width - shift + stride - 1) / stride : 0
  return first..<max(first, min(end, count))
}
