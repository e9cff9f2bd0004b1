import CVMIRKernels

/// `a * factor + (b * scale + shift)`, with one of each factor for each channel.
struct ScaledSumStep: StepKind {
  static let kind = "elementwise"

  let a: View
  /// One pixel; nil for 1.
  let factor: View?
  let b: View
  let scale: WeightSlot
  let shift: WeightSlot
  let y: View

  func itemCount(threadCount: Int) -> Int { pixelBlocks(y).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = pixelBlocks(y)[item]
    let first = pixels.lowerBound
    memory.kernels.pointee.scaled_sum(
      pixels.count, y.channels, memory.pointer(a, pixel: first), a.stride,
      factor.map { UnsafePointer(memory.pointer($0)) }, memory.pointer(b, pixel: first), b.stride,
      memory.pointer(scale), memory.pointer(shift), memory.pointer(y, pixel: first), y.stride)
  }
}
