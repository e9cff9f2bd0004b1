import CVMIRKernels

/// Rows `rows` of the output of an operator on the whole image `x`.
func kernelRows(_ x: View, _ rows: Range<Int>) -> vk_rows {
  vk_rows(
    height: x.height, width: x.width, row_begin: rows.lowerBound, row_end: rows.upperBound,
    x_row: 0, y_row: 0)
}

/// A dense 3x3 convolution as a matrix product of a few rows' columns at a time.
struct Convolution3x3Step: Equatable, Sendable {
  let x: View
  let y: View
  let matrix: WeightSlot
  let epilogue: Epilogue
  let gemm: GEMMBackend

  private var blocks: Blocks { Blocks(of: y.height, size: 128 / max(y.width, 1)) }

  var itemCount: Int { blocks.blockCount }

  /// The columns of one block.
  var scratchCount: Int { blocks.size * x.width * 9 * x.channels }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let rows = blocks[item]
    let columns = memory.scratch(thread: thread)
    var range = kernelRows(x, rows)
    memory.kernels.pointee.im2col3x3(&range, x.channels, memory.pointer(x), x.stride, columns)
    let k = 9 * x.channels
    multiply(
      rows: rows.count * x.width, k: k, columns, k, matrix, epilogue, y,
      pixel: rows.lowerBound * y.width, gemm, memory)
  }
}

/// A depthwise 3x3 convolution and an activation.
struct DepthwiseStep: Equatable, Sendable {
  let x: View
  let y: View
  let taps: WeightSlot
  let bias: WeightSlot?
  var isFollowedBySiLU: Bool

  private var blocks: Blocks { Blocks(of: y.height, size: 512 / max(y.width, 1)) }

  var itemCount: Int { blocks.blockCount }

  func run(_ item: Int, _ memory: StepMemory) {
    var range = kernelRows(x, blocks[item])
    memory.kernels.pointee.depthwise3x3(
      &range, x.channels, memory.pointer(x), x.stride, memory.pointer(taps), memory.pointer(bias),
      isFollowedBySiLU ? VK_ACTIVATION_SILU : VK_ACTIVATION_NONE, memory.pointer(y), y.stride)
  }
}
