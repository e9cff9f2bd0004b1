/// A ReLU with a slope for each channel.
struct PReLUStep: StepKind {
  static let kind = "prelu"

  let x: View
  let y: View
  let slope: WeightSlot

  private var blocks: Blocks { Blocks(of: x.pixelCount, size: 1024) }

  func itemCount(threadCount: Int) -> Int { blocks.blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let slope = memory.pointer(slope)
    for pixel in blocks[item] {
      // SAFETY: both views have `channels` floats at each of their pixels, the slot as many slopes.
      let source = memory.pointer(x, pixel: pixel)
      let target = memory.pointer(y, pixel: pixel)
      for channel in 0..<x.channels {
        let value = source[channel]
        target[channel] = value > 0 ? value : slope[channel] * value
      }
    }
  }
}
