import CVMIRKernels

/// A dense 3x3 convolution by Winograd's minimal filtering (Lavin and Gray, arXiv 1509.09308), maybe
/// followed by a pixel shuffle.
///
/// Tiles are counted from the first pixel of `x`, row by row.
struct WinogradStep: StepKind {
  static let kind = "winograd3x3"

  let x: View
  let y: View
  let packed: PackedWinograd
  /// The transformed weights.
  let weights: FloatSource
  let epilogue: ConvolutionEpilogue
  /// Tiles whose intermediate values stay in a core's caches.
  let blockSize: Int

  /// Blocks of tiles; where there are few, as many for each thread.
  private func blocks(threadCount: Int) -> Blocks {
    let side = packed.tile
    let tileCount = ((x.height + side - 1) / side) * ((x.width + side - 1) / side)
    let blockCount = (tileCount + blockSize - 1) / blockSize
    guard threadCount > 1, blockCount < 8 * threadCount else {
      return Blocks(of: tileCount, size: blockSize)
    }
    let evenCount = (blockCount + threadCount - 1) / threadCount * threadCount
    return Blocks(of: tileCount, size: (tileCount + evenCount - 1) / evenCount)
  }

  func itemCount(threadCount: Int) -> Int { blocks(threadCount: threadCount).blockCount }

  func scratchCount(_ kernels: Kernels) -> Int {
    kernels.table.pointee.winograd_scratch_count(packed.tile, x.channels)
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let tiles = blocks(threadCount: memory.threadCount)[item]
    var operation = vk_winograd(
      tile: packed.tile, height: x.height, width: x.width, channels: x.channels,
      outputs: packed.outputs, factor: packed.factor, x: memory.pointer(x), x_stride: x.stride,
      packed: memory.pointer(weights), bias: memory.pointer(packed.bias),
      slope: memory.pointer(epilogue.slope), scale: epilogue.scale,
      residual: epilogue.residual.map { UnsafePointer(memory.pointer($0)) },
      residual_stride: epilogue.residual?.stride ?? 0, y: memory.pointer(y), y_stride: y.stride)
    memory.kernels.pointee.winograd3x3(
      &operation, tiles.lowerBound, tiles.upperBound, memory.scratch(thread: thread))
  }
}

/// Transforms the weights of a 3x3 convolution for Winograd's algorithm, for the step after it.
struct WinogradWeightsStep: StepKind {
  static let kind = "winograd_weights"

  let packed: PackedWinograd
  /// Channels that the convolution reads.
  let channels: Int
  /// Floats of one tap of one place.
  let tapCount: Int
  /// One pixel with the transformed weights of all places.
  let y: View

  /// Parts of a place.
  private var blocks: Blocks { Blocks(of: tapCount, size: 4096) }

  func itemCount(threadCount: Int) -> Int {
    packed.factor * packed.factor * blocks.blockCount
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let (place, block) = item.quotientAndRemainder(dividingBy: blocks.blockCount)
    let floats = blocks[block]
    memory.kernels.pointee.winograd_transform(
      packed.tile, channels, packed.outputs, place, floats.lowerBound, floats.upperBound,
      memory.pointer(packed.slot), memory.pointer(y))
  }
}
