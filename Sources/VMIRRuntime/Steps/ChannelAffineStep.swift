import CVMIRKernels

/// `x * scale + shift` with a scale and a shift for each channel.
struct ChannelAffineStep: StepKind {
  static let kind = "elementwise"

  let x: View
  let y: View
  let scale: WeightSlot
  let shift: WeightSlot

  func itemCount(threadCount: Int) -> Int { pixelBlocks(x).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = pixelBlocks(x)[item]
    let first = pixels.lowerBound
    memory.kernels.pointee.channel_affine(
      pixels.count, x.channels, memory.pointer(x, pixel: first), x.stride, memory.pointer(scale),
      memory.pointer(shift), memory.pointer(y, pixel: first), y.stride)
  }
}
