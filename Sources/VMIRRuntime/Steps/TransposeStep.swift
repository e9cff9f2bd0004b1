import CVMIRKernels

/// The elements of an image in the order of other axes: by channel, row and column of the result, what
/// its place adds to the place in the input.
struct TransposeStep: StepKind {
  static let kind = "rearrange"

  let x: View
  let y: View
  let channels: [Int]
  let rows: [Int]
  let columns: [Int]

  private var blocks: Blocks { Blocks(of: y.pixelCount, size: 256) }

  func itemCount(threadCount: Int) -> Int { blocks.blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let source = memory.pointer(x)
    let pixels = blocks[item]
    channels.withUnsafeBufferPointer { channels in
      var first = 0
      // Channels that follow each other on both sides are copied at once.
      while first < channels.count {
        var end = first + 1
        while end < channels.count, channels[end] == channels[first] + end - first { end += 1 }
        let (start, count) = (channels[first], end - first)
        for pixel in pixels {
          let place = source + rows[pixel / y.width] + columns[pixel % y.width] + start
          let target = memory.pointer(y, pixel: pixel) + first
          if count < 4 {
            for index in 0..<count { target[index] = place[index] }
          } else {
            moveFloats(place, to: target, count: count)
          }
        }
        first = end
      }
    }
  }
}
