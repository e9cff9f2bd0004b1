import CVMIRKernels
import VMIRGraph

/// What the pixels of blocks come to, channel by channel.
struct ReducedBlocksStep: StepKind {
  static let kind = "pool"

  let function: Reduce.Function
  let x: View
  /// One pixel for each block.
  let parts: View

  func itemCount(threadCount: Int) -> Int { PoolStep.blocks(x).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = PoolStep.blocks(x)[item]
    let (c, kernels) = (x.channels, memory.kernels.pointee)
    let (source, target) = (
      memory.pointer(x, pixel: pixels.lowerBound), memory.pointer(parts, pixel: item)
    )
    switch function {
    case .sum: kernels.sum_rows(pixels.count, c, source, x.stride, target)
    case .sumSquare: kernels.sum_squares(pixels.count, c, source, x.stride, 0, target)
    case .max:
      moveFloats(source, to: target, count: c)
      for pixel in 1..<max(pixels.count, 1) {
        kernels.maximum(1, c, target, c, source + pixel * x.stride, c, target, c)
      }
    }
  }
}

/// What the blocks come to; sums are added up in double precision.
struct ReducedPixelsStep: StepKind {
  static let kind = "pool"

  let function: Reduce.Function
  let parts: View
  let y: View

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let target = memory.pointer(y)
    for channel in 0..<parts.channels {
      var total = Double(memory.pointer(parts)[channel])
      for block in 1..<max(parts.pixelCount, 1) {
        let part = Double(memory.pointer(parts, pixel: block)[channel])
        total = function == .max ? max(total, part) : total + part
      }
      target[channel] = Float(total)
    }
  }
}

/// What the channels of each pixel come to, in double precision.
struct ReducedChannelsStep: StepKind {
  static let kind = "pool"

  let function: Reduce.Function
  let x: View
  let y: View

  func itemCount(threadCount: Int) -> Int { PoolStep.blocks(x).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    for pixel in PoolStep.blocks(x)[item] {
      let source = memory.pointer(x, pixel: pixel)
      var result = 0.0
      switch function {
      case .sum: for channel in 0..<x.channels { result += Double(source[channel]) }
      case .sumSquare:
        for channel in 0..<x.channels {
          result += Double(source[channel]) * Double(source[channel])
        }
      case .max:
        var greatest = source[0]
        for channel in 1..<max(x.channels, 1) { greatest = max(greatest, source[channel]) }
        result = Double(greatest)
      }
      memory.pointer(y, pixel: pixel).pointee = Float(result)
    }
  }
}
