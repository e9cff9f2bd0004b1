import CVMIRKernels

/// A ReLU with a slope for each channel.
struct PReLUStep: PixelwiseStep {
  static let kind = "elementwise"

  let x: View
  let y: View
  let slope: WeightSlot

  func run(
    _ pixelCount: Int, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  ) {
    // One pixel of slopes, repeated with stride 0.
    memory.kernels.pointee.prelu(
      pixelCount, x.channels, source, x.stride, memory.pointer(slope), 0, target, y.stride)
  }
}
