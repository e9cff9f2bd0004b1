import CVMIRKernels

/// `a * alpha + b`, element by element.
struct ScaledAddStep: StepKind {
  static let kind = "elementwise"

  let alpha: Float
  let a: View
  let b: View
  let y: View

  func itemCount(threadCount: Int) -> Int { pixelBlocks(y).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = pixelBlocks(y)[item]
    let first = pixels.lowerBound
    memory.kernels.pointee.scaled_add(
      pixels.count, y.channels, alpha, memory.pointer(a, pixel: first), a.stride,
      memory.pointer(b, pixel: first), b.stride, memory.pointer(y, pixel: first), y.stride)
  }
}
