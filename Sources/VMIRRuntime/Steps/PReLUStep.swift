import CVMIRKernels

/// A ReLU with a slope for each channel.
struct PReLUStep: StepKind {
  static let kind = "elementwise"

  let x: View
  let y: View
  let slope: WeightSlot

  func itemCount(threadCount: Int) -> Int { pixelBlocks(x).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = pixelBlocks(x)[item]
    // One pixel of slopes, repeated with stride 0.
    memory.kernels.pointee.prelu(
      pixels.count, x.channels, memory.pointer(x, pixel: pixels.lowerBound), x.stride,
      memory.pointer(slope), 0, memory.pointer(y, pixel: pixels.lowerBound), y.stride)
  }
}
