import CVMIRKernels

/// `min(max(x, low), high)`, element by element.
struct ClipStep: StepKind {
  static let kind = "elementwise"

  let low: Float
  let high: Float
  let x: View
  let y: View

  func itemCount(threadCount: Int) -> Int { pixelBlocks(x).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = pixelBlocks(x)[item]
    let first = pixels.lowerBound
    memory.kernels.pointee.clip(
      pixels.count, x.channels, low, high, memory.pointer(x, pixel: first), x.stride,
      memory.pointer(y, pixel: first), y.stride)
  }
}
