import CVMIRKernels

/// `x * scale + shift` with a scale and a shift for each channel.
struct ChannelAffineStep: PixelwiseStep {
  static let kind = "elementwise"

  let x: View
  let y: View
  let scale: WeightSlot
  let shift: WeightSlot

  func run(
    _ pixelCount: Int, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  ) {
    memory.kernels.pointee.channel_affine(
      pixelCount, x.channels, source, x.stride, memory.pointer(scale),
      memory.pointer(shift), target, y.stride)
  }
}
