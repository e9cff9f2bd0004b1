import CVMIRKernels

/// Attention inside the windows of an image; an item is some windows of a row of them.
struct WindowAttentionStep: StepKind {
  static let kind = "attention"

  let qkv: View
  let y: View
  /// `[heads][(window + reach - 1)^2]`.
  let table: WeightSlot
  let heads: Int
  /// Side of a window in pixels.
  let window: Int
  /// Side of the square of keys in pixels.
  let reach: Int
  let shift: Int
  let scale: Float

  /// Windows of a row, in pieces that are long enough to spread out the table once for each.
  private var pieces: Blocks { Blocks(of: y.width / window, size: max(32 / window, 1)) }

  func itemCount(threadCount: Int) -> Int { y.height / window * pieces.blockCount }

  func scratchCount(_ kernels: Kernels) -> Int {
    kernels.table.pointee.window_attention_scratch_count(y.channels / heads, window, reach)
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let windows = pieces[item % pieces.blockCount]
    var attention = vk_attention(
      height: y.height, width: y.width, channels: y.channels, heads: heads, window: window,
      reach: reach, shift: shift, roll: shift, last_row: y.height / window - 1,
      last_column: y.width / window - 1, scale: scale, qkv: memory.pointer(qkv),
      qkv_stride: qkv.stride,
      table: memory.pointer(table), y: memory.pointer(y), y_stride: y.stride)
    memory.kernels.pointee.window_attention(
      &attention, item / pieces.blockCount, windows.lowerBound, windows.upperBound,
      memory.scratch(thread: thread))
  }
}
