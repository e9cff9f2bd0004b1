import CVMIRKernels

/// Means over windows, some channels of the whole image at a time.
struct LocalPoolStep: StepKind {
  static let kind = "pooling"

  let x: View
  let y: View
  let windowHeight: Int
  let windowWidth: Int

  /// Channels of an item: one cache line of each pixel.
  private var channelBlocks: Blocks { Blocks(of: x.channels, size: 16) }

  func itemCount(threadCount: Int) -> Int { channelBlocks.blockCount }

  func scratchCount(_ kernels: Kernels) -> Int {
    lines(kernels.table.pointee.local_average_pool_scratch_count(x.width, channelBlocks.size))
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let channels = channelBlocks[item]
    var window = vk_window(
      height: x.height, width: x.width, window_height: windowHeight, window_width: windowWidth)
    memory.kernels.pointee.local_average_pool(
      &window, channels.count, memory.pointer(x) + channels.lowerBound, x.stride,
      memory.pointer(y) + channels.lowerBound, y.stride, memory.scratch(thread: thread))
  }
}
