import CVMIRKernels

/// One pass of the four-directional scan.
///
/// An image of few channels is scanned in one pass: directions 0 and 2 into `y`, 1 and 3 into
/// `other`, which makes twice as many items that write disjoint places. One of many channels takes
/// two passes, 0 and 2, then 1 and 3 added to them, each with a projection half as wide.
struct OmniScanStep: StepKind {
  static let kind = "omni_scan"

  let x: View
  /// `R + 2 S` floats for each direction of the pass.
  let projection: View
  let y: View
  /// Target of directions 1 and 3 in the only pass.
  let other: View?
  let pack: WeightSlot
  let states: Int
  let rank: Int
  /// Directions in the order of the projection.
  let directions: [Int]

  /// Channels that are not divided: a cache line.
  private static let groupSize = 16

  private var targetCount: Int { other == nil ? 1 : 2 }

  /// The channels of each item.
  ///
  /// As many as leave no thread idle: an item reads the projection once for all its channels.
  private func channels(threadCount: Int) -> Blocks {
    let groupCount = Blocks(of: x.channels, size: OmniScanStep.groupSize).blockCount
    var best = (rounds: Int.max, size: 1)
    for size in 1...max(groupCount, 1) {
      let itemCount = targetCount * Blocks(of: groupCount, size: size).blockCount
      let rounds = Blocks(of: itemCount, size: threadCount).blockCount * size
      if rounds <= best.rounds { best = (rounds, size) }
    }
    return Blocks(of: x.channels, size: best.size * OmniScanStep.groupSize)
  }

  func itemCount(threadCount: Int) -> Int {
    targetCount * channels(threadCount: threadCount).blockCount
  }

  /// The directions of each pass over an image of so many channels.
  static func passes(channels: Int) -> [[Int]] {
    Blocks(of: channels, size: groupSize).blockCount < 4 ? [[0, 1, 2, 3]] : [[0, 2], [1, 3]]
  }

  func scratchCount(_ kernels: Kernels) -> Int {
    kernels.table.pointee.selective_scan_scratch_count(x.channels, states)
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let channels = channels(threadCount: memory.threadCount)[item / targetCount]
    let target = item % targetCount == 0 ? y : other ?? y
    var isFirst = directions[0] == 0
    for (index, direction) in directions.enumerated()
    where targetCount == 1 || direction % 2 == item % 2 {
      var scan = vk_scan(
        height: x.height, width: x.width, channels: x.channels, states: states, rank: rank,
        x: memory.pointer(x), x_stride: x.stride,
        projection: memory.pointer(projection) + index * (rank + 2 * states),
        projection_stride: projection.stride, packed: memory.pointer(pack),
        y: memory.pointer(target), y_stride: target.stride)
      memory.kernels.pointee.selective_scan(
        &scan, direction, channels.lowerBound, channels.upperBound, isFirst ? 0 : 1,
        memory.scratch(thread: thread))
      isFirst = false
    }
  }
}

/// The scan along the channels of one pixel.
struct ChannelScanStep: StepKind {
  static let kind = "channel_scan"

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

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
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
