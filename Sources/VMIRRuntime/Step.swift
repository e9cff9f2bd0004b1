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

/// Where floats come from that are often, but not always, packed weights.
enum FloatSource: Equatable, Sendable {
  case weights(WeightSlot)
  case buffer(View)
}

/// Where the floats that steps work on are, while they run.
struct StepMemory {
  let arena: UnsafeMutablePointer<Float>
  let bufferOffsets: UnsafePointer<Int>
  let weights: UnsafePointer<Float>
  let scratch: UnsafeMutablePointer<Float>
  /// Floats of scratch for each thread.
  let scratchCount: Int
  let threadCount: Int
  let kernels: UnsafePointer<vk_kernels>

  /// First pixel of a view, moved on by `pixel` pixels.
  func pointer(_ view: View, pixel: Int = 0) -> UnsafeMutablePointer<Float> {
    arena + (bufferOffsets[view.buffer] + view.channelOffset + pixel * view.stride)
  }

  func pointer(_ slot: WeightSlot) -> UnsafePointer<Float> { weights + slot.offset }

  func pointer(_ slot: WeightSlot?) -> UnsafePointer<Float>? {
    slot.map { weights + $0.offset }
  }

  func pointer(_ source: FloatSource) -> UnsafePointer<Float> {
    switch source {
    case .weights(let slot): pointer(slot)
    case .buffer(let view): UnsafePointer(pointer(view))
    }
  }

  /// Scratch of one thread.
  func scratch(thread: Int) -> UnsafeMutablePointer<Float> { scratch + thread * scratchCount }
}

/// One kernel, or several one after another, applied to whole views, cut into items that may run
/// at the same time.
///
/// Items write disjoint places, and what an item writes somewhere does not depend on the cut, so
/// the result is the same, bit for bit, on any number of threads.
enum Step: Equatable, Sendable {
  case product(ProductStep)
  case convolution(ConvolutionStep)
  case tapConvolution(TapConvolutionStep)
  case integerConvolution(IntegerConvolutionStep)
  case depthwise(DepthwiseStep)
  case feedForward(FeedForwardStep)
  case layerNorm(LayerNormStep)
  case normGate(NormGateStep)
  case unary(UnaryStep)
  case prelu(PReLUStep)
  case binary(BinaryStep)
  case rearrange(RearrangeStep)
  case pool(PoolStep)
  case poolMean(PoolMeanStep)
  case omniScan(OmniScanStep)
  case channelScan(ChannelScanStep)
  case scaleMatrix(ScaleMatrixStep)

  /// What kind of work it is, for tables of time.
  var kind: String {
    switch self {
    case .product: "product"
    case .convolution, .tapConvolution, .integerConvolution: "convolution3x3"
    case .depthwise: "depthwise"
    case .feedForward: "feed_forward"
    case .layerNorm: "layer_norm"
    case .normGate: "norm_gate"
    case .unary, .binary: "elementwise"
    case .rearrange: "rearrange"
    case .pool, .poolMean: "pool"
    case .omniScan: "omni_scan"
    case .channelScan: "channel_scan"
    case .scaleMatrix: "scale_matrix"
    case .prelu: "prelu"
    }
  }

  /// Items that the step is cut into for so many threads.
  func itemCount(threadCount: Int) -> Int {
    switch self {
    case .product(let step): step.itemCount
    case .convolution(let step): step.itemCount
    case .tapConvolution(let step): step.itemCount
    case .integerConvolution(let step): step.itemCount
    case .depthwise(let step): step.itemCount
    case .feedForward(let step): step.itemCount
    case .layerNorm(let step): step.itemCount
    case .normGate(let step): step.itemCount
    case .unary(let step): step.itemCount
    case .prelu(let step): step.itemCount
    case .binary(let step): step.itemCount
    case .rearrange(let step): step.itemCount
    case .pool(let step): step.itemCount
    case .omniScan(let step): step.itemCount(threadCount: threadCount)
    case .poolMean, .channelScan, .scaleMatrix: 1
    }
  }

  /// Floats of scratch that one item needs.
  func scratchCount(_ kernels: Kernels) -> Int {
    switch self {
    case .product(let step): step.scratchCount(kernels)
    case .convolution(let step): step.scratchCount
    case .tapConvolution(let step): step.scratchCount
    case .integerConvolution(let step): step.scratchCount(kernels)
    case .feedForward(let step): step.scratchCount(kernels)
    case .omniScan(let step): step.scratchCount(kernels)
    case .channelScan(let step): step.scratchCount(kernels)
    case .scaleMatrix(let step): step.scratchCount
    case .depthwise, .layerNorm, .normGate, .unary, .prelu, .binary, .rearrange, .pool, .poolMean:
      0
    }
  }

  /// Runs one item.
  func run(item: Int, thread: Int, _ memory: StepMemory) {
    switch self {
    case .product(let step): step.run(item, thread, memory)
    case .convolution(let step): step.run(item, thread, memory)
    case .tapConvolution(let step): step.run(item, thread, memory)
    case .integerConvolution(let step): step.run(item, thread, memory)
    case .depthwise(let step): step.run(item, memory)
    case .feedForward(let step): step.run(item, thread, memory)
    case .layerNorm(let step): step.run(item, memory)
    case .normGate(let step): step.run(item, memory)
    case .unary(let step): step.run(item, memory)
    case .prelu(let step): step.run(item, memory)
    case .binary(let step): step.run(item, memory)
    case .rearrange(let step): step.run(item, memory)
    case .pool(let step): step.run(item, memory)
    case .poolMean(let step): step.run(memory)
    case .omniScan(let step): step.run(item, thread, memory)
    case .channelScan(let step): step.run(thread, memory)
    case .scaleMatrix(let step): step.run(thread, memory)
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

/// A count of floats rounded up to a whole number of 64-byte lines.
func lines(_ floatCount: Int) -> Int { (floatCount + 15) / 16 * 16 }

/// Copies floats; the places may overlap.
///
/// As `memmove`, where `update(from:count:)` goes element by element in code made for size.
func moveFloats(
  _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
) {
  UnsafeMutableRawPointer(target).copyMemory(
    from: source, byteCount: count * MemoryLayout<Float>.size)
}
