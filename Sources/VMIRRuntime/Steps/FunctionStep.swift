import CVMIRKernels

/// A function of one variable with up to two parameters, element by element.
struct FunctionStep: StepKind {
  static let kind = "elementwise"

  let function: vk_function
  let alpha: Float
  let beta: Float
  let x: View
  let y: View

  func itemCount(threadCount: Int) -> Int { pixelBlocks(x).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = pixelBlocks(x)[item]
    let first = pixels.lowerBound
    memory.kernels.pointee.function(
      function, alpha, beta, pixels.count, x.channels, memory.pointer(x, pixel: first), x.stride,
      memory.pointer(y, pixel: first), y.stride)
  }
}

/// A softmax over the channels of each pixel.
struct SoftmaxStep: StepKind {
  static let kind = "softmax"

  let x: View
  let y: View

  func itemCount(threadCount: Int) -> Int { pixelBlocks(x).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = pixelBlocks(x)[item]
    let first = pixels.lowerBound
    memory.kernels.pointee.softmax(
      pixels.count, x.channels, memory.pointer(x, pixel: first), x.stride,
      memory.pointer(y, pixel: first), y.stride)
  }
}
