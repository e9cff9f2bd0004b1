import CVMIRKernels

/// The scan in four directions: directions 0 and 2 into `y`, 1 and 3 into `other`.
///
/// Two targets make twice as many items that write disjoint places; a binary step adds them.
struct OmniScanStep: Equatable, Sendable {
  let x: View
  let projection: View
  let y: View
  let other: View
  let pack: WeightSlot
  let states: Int
  let rank: Int
  /// Channels of one item.
  let groupSize: Int

  private var groups: Blocks { Blocks(of: x.channels, size: groupSize) }

  var itemCount: Int { 2 * groups.blockCount }

  func scratchCount(_ kernels: Kernels) -> Int {
    kernels.table.pointee.selective_scan_scratch_count(states)
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let channels = groups[item / 2]
    let target = item % 2 == 0 ? y : other
    var scan = vk_scan(
      height: x.height, width: x.width, channels: x.channels, states: states, rank: rank,
      x: memory.pointer(x), x_stride: x.stride, projection: memory.pointer(projection),
      projection_stride: projection.stride, packed: memory.pointer(pack),
      y: memory.pointer(target), y_stride: target.stride)
    for pass in 0..<2 {
      memory.kernels.pointee.selective_scan(
        &scan, item % 2 + 2 * pass, channels.lowerBound, channels.upperBound, pass == 0 ? 0 : 1,
        memory.scratch(thread: thread))
    }
  }
}

/// The scan along the channels of one pixel.
struct ChannelScanStep: Equatable, Sendable {
  let x: View
  let y: View
  /// projection, deltaWeight, deltaBias, aLog, d.
  let weights: [WeightSlot]
  /// inWeight, inBias, outWeight, outBias; or none.
  let ends: [WeightSlot]
  let width: Int
  let states: Int
  let rank: Int

  func scratchCount(_ kernels: Kernels) -> Int {
    kernels.table.pointee.channel_scan_scratch_count(x.channels, width, states, rank)
  }

  func run(_ thread: Int, _ memory: StepMemory) {
    let hasEnds = ends.count == 4
    var scan = vk_channel_scan(
      channels: x.channels, inner: width, states: states, rank: rank,
      input_weight: hasEnds ? memory.pointer(ends[0]) : nil,
      input_bias: hasEnds ? memory.pointer(ends[1]) : nil,
      projection_weight: memory.pointer(weights[0]), delta_weight: memory.pointer(weights[1]),
      delta_bias: memory.pointer(weights[2]), a_log: memory.pointer(weights[3]),
      d: memory.pointer(weights[4]), output_weight: hasEnds ? memory.pointer(ends[2]) : nil,
      output_bias: hasEnds ? memory.pointer(ends[3]) : nil)
    memory.kernels.pointee.channel_scan(
      &scan, memory.pointer(x), memory.pointer(y), memory.scratch(thread: thread))
  }
}
