import CVMIRKernels

/// `min(max(x, low), high)`, element by element.
struct ClipStep: PixelwiseStep {
  static let kind = "elementwise"

  let low: Float
  let high: Float
  let x: View
  let y: View

  func run(
    _ pixelCount: Int, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  ) {
    memory.kernels.pointee.clip(
      pixelCount, x.channels, low, high, source, x.stride, target, y.stride)
  }
}
