import CVMIRKernels

/// A function of one variable with up to two parameters, element by element.
struct FunctionStep: PixelwiseStep {
  static let kind = "elementwise"

  let function: vk_function
  let alpha: Float
  let beta: Float
  let x: View
  let y: View

  func run(
    _ pixelCount: Int, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  ) {
    memory.kernels.pointee.function(
      function, alpha, beta, pixelCount, x.channels, source, x.stride, target, y.stride)
  }
}

/// A softmax over the channels of each pixel.
struct SoftmaxStep: PixelwiseStep {
  static let kind = "softmax"

  let x: View
  let y: View

  func run(
    _ pixelCount: Int, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  ) {
    memory.kernels.pointee.softmax(
      pixelCount, x.channels, source, x.stride, target, y.stride)
  }
}
