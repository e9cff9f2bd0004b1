import CVMIRKernels

/// Channels of the pixels of one buffer: what a step reads or writes.
struct View: Hashable, Sendable {
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

  /// Some of the channels.
  func channels(from first: Int, count: Int) -> View {
    var part = self
    part.channelOffset += first
    part.channels = count
    return part
  }
}

/// Where floats come from that are often, but not always, packed weights.
enum FloatSource: Equatable, Sendable {
  case weights(WeightSlot)
  case buffer(View)

  /// The view that is read, if it is one.
  var view: View? {
    switch self {
    case .weights: nil
    case .buffer(let view): view
    }
  }
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
protocol StepKind: Equatable, Sendable {
  /// What kind of work it is, for tables of time.
  static var kind: String { get }
  /// Items that the step is cut into for so many threads.
  func itemCount(threadCount: Int) -> Int
  /// Floats of scratch that one item needs.
  func scratchCount(_ kernels: Kernels) -> Int
  /// Runs one item.
  func run(_ item: Int, _ thread: Int, _ memory: StepMemory)
}

extension StepKind {
  func itemCount(threadCount: Int) -> Int { 1 }

  func scratchCount(_ kernels: Kernels) -> Int { 0 }
}

/// A step of any kind: a closed set, each in a file of its own under `Steps`.
enum Step: Equatable, Sendable {
  case product(ProductStep)
  case convolution(ConvolutionStep)
  case winograd(WinogradStep)
  case winogradWeights(WinogradWeightsStep)
  case tapConvolution(TapConvolutionStep)
  case integerConvolution(Int8ConvolutionStep)
  case depthwise(DepthwiseStep)
  case feedForward(FeedForwardStep)
  case layerNorm(LayerNormStep)
  case normGate(NormGateStep)
  case unary(UnaryStep)
  case prelu(PReLUStep)
  case scaledAdd(ScaledAddStep)
  case channelAffine(ChannelAffineStep)
  case clip(ClipStep)
  case dilatedConvolution(DilatedConvolutionStep)
  case function(FunctionStep)
  case softmax(SoftmaxStep)
  case gatherPixels(GatherPixelsStep)
  case gatherChannels(GatherChannelsStep)
  case maxPool(MaxPoolStep)
  case generalConvolution(GeneralConvolutionStep)
  case generalDepthwise(GeneralDepthwiseStep)
  case resample(ResampleStep)
  case binary(BinaryStep)
  case rearrange(RearrangeStep)
  case pool(PoolStep)
  case localPool(LocalPoolStep)
  case poolMean(PoolMeanStep)
  case omniScan(OmniScanStep)
  case channelScan(ChannelScanStep)
  case scaleMatrix(ScaleMatrixStep)
  case windowAttention(WindowAttentionStep)
  case attentionBlock(AttentionBlockStep)
  case mlp(MLPStep)
  case modulateNorm(ModulateNormStep)
  case attentionRows(AttentionRowsStep)
  case attentionSums(AttentionSumsStep)
  case attentionWeights(AttentionWeightsStep)
  case lineConvolution(LineConvolutionStep)
  case routeTokens(RouteTokensStep)
  case tokenOrder(TokenOrderStep)
  case promptScan(PromptScanStep)
  case scaledSum(ScaledSumStep)
  case transposedProducts(TransposedProductsStep)
  case packedProducts(PackedProductsStep)
  case products(ProductsStep)
  case transpose(TransposeStep)
  case tableBinary(TableBinaryStep)
  case reducedBlocks(ReducedBlocksStep)
  case reducedPixels(ReducedPixelsStep)
  case reducedChannels(ReducedChannelsStep)

  /// Calls the visitor with the step: the one switch over all kinds.
  private func visit<V: StepVisitor>(_ visitor: V) -> V.Result {
    switch self {
    case .product(let step): visitor.visit(step)
    case .convolution(let step): visitor.visit(step)
    case .winograd(let step): visitor.visit(step)
    case .winogradWeights(let step): visitor.visit(step)
    case .tapConvolution(let step): visitor.visit(step)
    case .integerConvolution(let step): visitor.visit(step)
    case .depthwise(let step): visitor.visit(step)
    case .feedForward(let step): visitor.visit(step)
    case .layerNorm(let step): visitor.visit(step)
    case .normGate(let step): visitor.visit(step)
    case .unary(let step): visitor.visit(step)
    case .prelu(let step): visitor.visit(step)
    case .scaledAdd(let step): visitor.visit(step)
    case .channelAffine(let step): visitor.visit(step)
    case .clip(let step): visitor.visit(step)
    case .dilatedConvolution(let step): visitor.visit(step)
    case .function(let step): visitor.visit(step)
    case .softmax(let step): visitor.visit(step)
    case .gatherPixels(let step): visitor.visit(step)
    case .gatherChannels(let step): visitor.visit(step)
    case .maxPool(let step): visitor.visit(step)
    case .generalConvolution(let step): visitor.visit(step)
    case .generalDepthwise(let step): visitor.visit(step)
    case .resample(let step): visitor.visit(step)
    case .binary(let step): visitor.visit(step)
    case .rearrange(let step): visitor.visit(step)
    case .pool(let step): visitor.visit(step)
    case .localPool(let step): visitor.visit(step)
    case .poolMean(let step): visitor.visit(step)
    case .omniScan(let step): visitor.visit(step)
    case .channelScan(let step): visitor.visit(step)
    case .scaleMatrix(let step): visitor.visit(step)
    case .windowAttention(let step): visitor.visit(step)
    case .attentionBlock(let step): visitor.visit(step)
    case .mlp(let step): visitor.visit(step)
    case .modulateNorm(let step): visitor.visit(step)
    case .attentionRows(let step): visitor.visit(step)
    case .attentionSums(let step): visitor.visit(step)
    case .attentionWeights(let step): visitor.visit(step)
    case .lineConvolution(let step): visitor.visit(step)
    case .routeTokens(let step): visitor.visit(step)
    case .tokenOrder(let step): visitor.visit(step)
    case .promptScan(let step): visitor.visit(step)
    case .scaledSum(let step): visitor.visit(step)
    case .transposedProducts(let step): visitor.visit(step)
    case .packedProducts(let step): visitor.visit(step)
    case .products(let step): visitor.visit(step)
    case .transpose(let step): visitor.visit(step)
    case .tableBinary(let step): visitor.visit(step)
    case .reducedBlocks(let step): visitor.visit(step)
    case .reducedPixels(let step): visitor.visit(step)
    case .reducedChannels(let step): visitor.visit(step)
    }
  }

  /// What kind of work it is, for tables of time.
  var kind: String { visit(KindVisitor()) }

  /// Items that the step is cut into for so many threads.
  func itemCount(threadCount: Int) -> Int { visit(ItemCountVisitor(threadCount: threadCount)) }

  /// Floats of scratch that one item needs.
  func scratchCount(_ kernels: Kernels) -> Int { visit(ScratchCountVisitor(kernels: kernels)) }

  /// Runs one item.
  func run(item: Int, thread: Int, _ memory: StepMemory) {
    visit(RunVisitor(item: item, thread: thread, memory: memory))
  }
}

private protocol StepVisitor {
  associatedtype Result
  func visit(_ step: some StepKind) -> Result
}

private struct KindVisitor: StepVisitor {
  func visit<S: StepKind>(_ step: S) -> String { S.kind }
}

private struct ItemCountVisitor: StepVisitor {
  let threadCount: Int

  func visit(_ step: some StepKind) -> Int { step.itemCount(threadCount: threadCount) }
}

private struct ScratchCountVisitor: StepVisitor {
  let kernels: Kernels

  func visit(_ step: some StepKind) -> Int { step.scratchCount(kernels) }
}

private struct RunVisitor: StepVisitor {
  let item: Int
  let thread: Int
  let memory: StepMemory

  func visit(_ step: some StepKind) { step.run(item, thread, memory) }
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

/// Floats from one pixel of so many channels to the next, at a multiple of 64 bytes: not a multiple of
/// 2 KiB, where neighbours would meet in few sets of a cache.
func pixelStride(_ channels: Int) -> Int {
  let count = lines(channels)
  return count % 512 == 0 ? count + 16 : count
}

/// Copies floats; the places may overlap.
///
/// As `memmove`, where `update(from:count:)` goes element by element in code made for size.
func moveFloats(
  _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
) {
  UnsafeMutableRawPointer(target).copyMemory(
    from: source, byteCount: count * MemoryLayout<Float>.size)
}
