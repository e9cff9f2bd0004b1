import CVMIRKernels

/// Blocks of pixels for steps that treat every pixel alone.
func pixelBlocks(_ view: View) -> Blocks { Blocks(of: view.pixelCount, size: 1024) }

/// A step that makes each pixel of `y` of the same pixel of `x`.
protocol PixelwiseStep: StepKind {
  var x: View { get }
  var y: View { get }
  /// Makes `pixelCount` pixels at `target` of those at `source`.
  func run(
    _ pixelCount: Int, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  )
}

extension PixelwiseStep {
  func itemCount(threadCount: Int) -> Int { pixelBlocks(x).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = pixelBlocks(x)[item]
    run(
      pixels.count, memory.pointer(x, pixel: pixels.lowerBound),
      memory.pointer(y, pixel: pixels.lowerBound), memory)
  }
}

/// A normalisation of each pixel over its channels.
struct LayerNormStep: PixelwiseStep {
  static let kind = "layer_norm"

  let x: View
  let y: View
  let norm: Norm

  func run(
    _ pixelCount: Int, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  ) {
    norm.apply(
      pixelCount, x.channels, source, x.stride, target, y.stride, memory)
  }
}

/// `norm(a + b) * silu(z)`, and the sums of blocks of it.
struct NormGateStep: StepKind {
  static let kind = "norm_gate"

  let a: View
  let b: View?
  let z: View
  let norm: Norm
  let y: View
  /// One pixel for each block of `PoolStep.blocks`, or nil.
  let sums: View?

  func itemCount(threadCount: Int) -> Int { PoolStep.blocks(a).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = PoolStep.blocks(a)[item]
    let first = pixels.lowerBound
    var gate = vk_gate(
      channels: a.channels, a: memory.pointer(a, pixel: first), a_stride: a.stride,
      b: b.map { UnsafePointer(memory.pointer($0, pixel: first)) }, b_stride: b?.stride ?? 0,
      z: memory.pointer(z, pixel: first), z_stride: z.stride,
      weight: memory.pointer(norm.weight), bias: norm.bias.map { memory.pointer($0) },
      centred: norm.isCentred ? 1 : 0, epsilon: norm.epsilon,
      y: memory.pointer(y, pixel: first), y_stride: y.stride,
      sums: sums.map { memory.pointer($0, pixel: item) })
    memory.kernels.pointee.norm_gate(pixels.count, &gate)
  }
}

/// A function of one image, element by element.
struct UnaryStep: PixelwiseStep {
  static let kind = "elementwise"

  enum Function: Equatable, Sendable { case silu, gelu, sigmoid, copy }

  let function: Function
  let x: View
  let y: View

  func run(
    _ pixelCount: Int, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ memory: StepMemory
  ) {
    let table = memory.kernels.pointee
    let kernel =
      switch function {
      case .silu: table.silu
      case .gelu: table.gelu
      case .sigmoid: table.sigmoid
      case .copy: table.copy_rows
      }
    kernel(
      pixelCount, x.channels, source, x.stride, target, y.stride)
  }
}

/// A function of two images, element by element; `b` may be a single pixel.
struct BinaryStep: StepKind {
  static let kind = "elementwise"

  enum Function: Equatable, Sendable {
    case add, multiply
    /// `gelu(a) * b`.
    case geluGate
    /// `silu(a) * b`.
    case siluGate
  }

  let function: Function
  let a: View
  let b: View
  let y: View

  func itemCount(threadCount: Int) -> Int { pixelBlocks(a).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = pixelBlocks(a)[item]
    let isBroadcast = b.pixelCount == 1 && a.pixelCount != 1
    let table = memory.kernels.pointee
    let kernel =
      switch function {
      case .add: table.add
      case .multiply: table.multiply
      case .geluGate: table.gelu_gate
      case .siluGate: table.silu_gate
      }
    kernel(
      pixels.count, a.channels, memory.pointer(a, pixel: pixels.lowerBound), a.stride,
      memory.pointer(b, pixel: isBroadcast ? 0 : pixels.lowerBound), isBroadcast ? 0 : b.stride,
      memory.pointer(y, pixel: pixels.lowerBound), y.stride)
  }
}

/// Pixels that move: shuffles and enlargements.
struct RearrangeStep: StepKind {
  static let kind = "rearrange"

  enum Function: Equatable, Sendable {
    case pixelShuffle, pixelUnshuffle, resizeNearest, resizeBilinear
  }

  let function: Function
  let factor: Int
  let x: View
  let y: View

  private var blocks: Blocks { Blocks(of: y.height, size: 1024 / max(y.width, 1)) }

  func itemCount(threadCount: Int) -> Int { blocks.blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    var range = kernelRows(x, blocks[item])
    let table = memory.kernels.pointee
    let (kernel, channels) =
      switch function {
      case .pixelShuffle: (table.pixel_shuffle, y.channels)
      case .pixelUnshuffle: (table.pixel_unshuffle, x.channels)
      case .resizeNearest: (table.resize_nearest, x.channels)
      case .resizeBilinear: (table.resize_bilinear, x.channels)
      }
    kernel(&range, channels, factor, memory.pointer(x), x.stride, memory.pointer(y), y.stride)
  }
}

/// Sums of each channel over blocks of pixels.
struct PoolStep: StepKind {
  static let kind = "pool"

  let x: View
  /// One pixel for each block.
  let sums: View

  static func blocks(_ x: View) -> Blocks { Blocks(of: x.pixelCount, size: 256) }

  func itemCount(threadCount: Int) -> Int { PoolStep.blocks(x).blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = PoolStep.blocks(x)[item]
    memory.kernels.pointee.sum_rows(
      pixels.count, x.channels, memory.pointer(x, pixel: pixels.lowerBound), x.stride,
      memory.pointer(sums, pixel: item))
  }
}

/// Mean of each channel from the sums of blocks, added up in double precision.
struct PoolMeanStep: StepKind {
  static let kind = "pool"

  let sums: View
  let mean: View
  /// Pixels that the sums are over.
  let pixelCount: Int

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let target = memory.pointer(mean)
    for channel in 0..<sums.channels {
      var sum = 0.0
      for block in 0..<sums.pixelCount {
        sum += Double(memory.pointer(sums, pixel: block)[channel])
      }
      target[channel] = Float(sum / Double(pixelCount))
    }
  }
}
