import CVMIRKernels

/// Channels of the pixels of one buffer: what a step reads or writes.
struct View: Equatable, Sendable {
  /// Index of the buffer.
  var buffer: Int
  /// First channel.
  var channelOffset = 0
  /// Channels.
  var channels: Int
  /// Floats from one pixel to the next.
  var stride: Int
  /// Rows.
  var height: Int
  /// Columns.
  var width: Int

  /// Pixels.
  var pixelCount: Int { height * width }
}

/// Where the floats that steps work on are, while they run.
struct StepMemory {
  let arena: UnsafeMutablePointer<Float>
  let bufferOffsets: UnsafePointer<Int>
  let weights: UnsafePointer<Float>
  let scratch: UnsafeMutablePointer<Float>
  /// Floats of scratch for each thread.
  let scratchCount: Int
  let kernels: UnsafePointer<vk_kernels>

  /// First pixel of a view, moved on by `pixel` pixels.
  func pointer(_ view: View, pixel: Int = 0) -> UnsafeMutablePointer<Float> {
    arena + (bufferOffsets[view.buffer] + view.channelOffset + pixel * view.stride)
  }

  func pointer(_ slot: WeightSlot) -> UnsafePointer<Float> { weights + slot.offset }

  func pointer(_ slot: WeightSlot?) -> UnsafePointer<Float>? {
    slot.map { weights + $0.offset }
  }

  /// Scratch of one thread.
  func scratch(thread: Int) -> UnsafeMutablePointer<Float> { scratch + thread * scratchCount }
}

/// One kernel applied to whole views, cut into items that may run at the same time.
///
/// The cut depends on sizes only, never on the number of threads, and items write disjoint places,
/// so the result is the same, bit for bit, on any number of threads.
enum Step: Equatable, Sendable {
  case matrixProduct(MatrixProductStep)
  case convolution3x3(Convolution3x3Step)
  case depthwise(DepthwiseStep)
  case layerNorm(LayerNormStep)
  case unary(UnaryStep)
  case prelu(PReLUStep)
  case binary(BinaryStep)
  case rearrange(RearrangeStep)
  case pool(PoolStep)
  case omniScan(OmniScanStep)
  case channelScan(ChannelScanStep)

  /// Items that the step is cut into.
  var itemCount: Int {
    switch self {
    case .matrixProduct(let step): step.itemCount
    case .convolution3x3(let step): step.itemCount
    case .depthwise(let step): step.itemCount
    case .layerNorm(let step): step.itemCount
    case .unary(let step): step.itemCount
    case .prelu(let step): step.itemCount
    case .binary(let step): step.itemCount
    case .rearrange(let step): step.itemCount
    case .pool(let step): step.itemCount
    case .omniScan(let step): step.itemCount
    case .channelScan: 1
    }
  }

  /// Floats of scratch that one item needs.
  func scratchCount(_ kernels: Kernels) -> Int {
    switch self {
    case .convolution3x3(let step): step.scratchCount
    case .omniScan(let step): step.scratchCount(kernels)
    case .channelScan(let step): step.scratchCount(kernels)
    case .matrixProduct, .depthwise, .layerNorm, .unary, .prelu, .binary, .rearrange, .pool: 0
    }
  }

  /// Runs one item.
  func run(item: Int, thread: Int, _ memory: StepMemory) {
    switch self {
    case .matrixProduct(let step): step.run(item, memory)
    case .convolution3x3(let step): step.run(item, thread, memory)
    case .depthwise(let step): step.run(item, memory)
    case .layerNorm(let step): step.run(item, memory)
    case .unary(let step): step.run(item, memory)
    case .prelu(let step): step.run(item, memory)
    case .binary(let step): step.run(item, memory)
    case .rearrange(let step): step.run(item, memory)
    case .pool(let step): step.run(item, memory)
    case .omniScan(let step): step.run(item, thread, memory)
    case .channelScan(let step): step.run(thread, memory)
    }
  }
}

/// Consecutive pixels or rows cut into blocks of one size; the last may be smaller.
struct Blocks: Equatable, Sendable {
  /// Pixels or rows.
  let count: Int
  /// Pixels or rows of a block.
  let size: Int

  init(of count: Int, size: Int) {
    self.count = count
    self.size = max(size, 1)
  }

  var blockCount: Int { (count + size - 1) / size }

  subscript(_ block: Int) -> Range<Int> { block * size..<min((block + 1) * size, count) }
}
