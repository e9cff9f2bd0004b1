import CVMIRKernels

/// What blocks of an image add up to for an attention between channels, one pixel of `view` a block:
/// products of the channels of q and k, `[C][c]`, then squares of q's and of k's, `[2 C]`.
struct AttentionSums: Equatable, Sendable {
  let view: View
  /// `C`.
  let channels: Int
  let headCount: Int

  /// `c`, channels of a head.
  var width: Int { channels / headCount }

  /// Floats of a block.
  static func count(channels: Int, headCount: Int) -> Int {
    channels * (channels / headCount) + 2 * channels
  }

  /// Pixels whose products are summed in single precision before they are added to a block's.
  static let pieceSize = 128

  /// Sums of products of one head's channels over `rows` pixels, in a block or added to it.
  func add(
    _ rows: Int, _ qkv: UnsafePointer<Float>, _ stride: Int, head: Int, block: Int,
    isFirst: Bool, _ memory: StepMemory
  ) {
    let target = memory.pointer(view, pixel: block)
    let first = head * width
    let kernels = memory.kernels.pointee
    kernels.gemm_transposed(
      rows, width, width, qkv + first, stride, qkv + channels + first, stride, isFirst ? 0 : 1,
      target + first * width, width)
    let squares = target + channels * width
    for part in 0..<2 {
      let place = part * channels + first
      kernels.sum_squares(rows, width, qkv + place, stride, isFirst ? 0 : 1, squares + place)
    }
  }
}

/// The sums of an attention between channels over blocks of an image of q, k and v.
struct AttentionSumsStep: StepKind {
  static let kind = "attention_sums"

  /// `[3 C]` or more channels.
  let qkv: View
  let sums: AttentionSums

  /// The blocks of an image.
  static func blocks(_ x: View) -> Blocks { Blocks(of: x.pixelCount, size: 1024) }

  private var blocks: Blocks { AttentionSumsStep.blocks(qkv) }

  func itemCount(threadCount: Int) -> Int { blocks.blockCount * sums.headCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let (block, head) = (item / sums.headCount, item % sums.headCount)
    let pieces = Blocks(of: blocks[block].count, size: AttentionSums.pieceSize)
    for piece in 0..<pieces.blockCount {
      let pixels = pieces[piece]
      sums.add(
        pixels.count,
        memory.pointer(qkv, pixel: blocks[block].lowerBound + pixels.lowerBound), qkv.stride,
        head: head, block: block, isFirst: piece == 0, memory)
    }
  }
}

/// v of an attention between channels, and its sums, of an image of which `depthwise(product(norm))`
/// makes q, k and v a few rows at a time: q and k never exist as images.
struct AttentionRowsStep: StepKind {
  static let kind = "attention_sums"

  let wide: WideRows
  let taps: WeightSlot
  let tapsBias: WeightSlot?
  let v: View
  /// A block for each of `wide`.
  let sums: AttentionSums

  func itemCount(threadCount: Int) -> Int { wide.strips(threadCount: threadCount).count }

  /// q and k of a pixel.
  private var pairStride: Int { pixelStride(2 * v.channels) }
  private var pairCount: Int { wide.pixelCount * pairStride }

  func scratchCount(_ kernels: Kernels) -> Int { pairCount + wide.scratchCount(kernels) }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pairs = memory.scratch(thread: thread)
    wide.run(item, pairs + pairCount, memory) { part in
      convolve(part, 0..<2 * v.channels, pairs, pairStride, width: part.columns.count, memory)
      for index in 0..<part.runCount(width: wide.x.width) {
        let run = part.run(index, width: wide.x.width)
        for head in 0..<sums.headCount {
          sums.add(
            run.count, pairs + run.place * pairStride, pairStride, head: head, block: part.block,
            isFirst: part.isFirst && index == 0, memory)
        }
      }
      let first = part.run(0, width: wide.x.width).pixel
      convolve(
        part, 2 * v.channels..<3 * v.channels, memory.pointer(v, pixel: first), v.stride,
        width: wide.x.width, memory)
    }
  }

  /// Makes some channels of the convolution, in rows of `width` pixels.
  private func convolve(
    _ part: WideRowsPart, _ channels: Range<Int>, _ y: UnsafeMutablePointer<Float>, _ yStride: Int,
    width: Int, _ memory: StepMemory
  ) {
    var range = part.kernelPart(height: wide.x.height, width: width)
    let first = channels.lowerBound
    memory.kernels.pointee.depthwise3x3(
      &range, channels.count, part.wide + first, wide.stride, memory.pointer(taps) + first,
      wide.matrix.rowCount, tapsBias.map { memory.pointer($0) + first }, VK_ACTIVATION_NONE, y,
      yStride)
  }
}

/// The weights of an attention between channels, from its sums, as a matrix for a product with v.
struct AttentionWeightsStep: StepKind {
  static let kind = "attention_weights"

  enum Making: Equatable, Sendable {
    /// The weights of each head, packed, one after another.
    case heads
    /// A packed matrix `[n][C]` times the weights of all heads: what the projection of their result
    /// is.
    case projection(WeightSlot, n: Int)
  }

  let sums: AttentionSums
  let temperature: WeightSlot
  let epsilon: Float
  let making: Making
  let y: View
  let gemm: GEMMBackend

  func itemCount(threadCount: Int) -> Int { sums.headCount }

  func scratchCount(_ kernels: Kernels) -> Int { (sums.width + 1) * sums.width }

  func run(_ head: Int, _ thread: Int, _ memory: StepMemory) {
    let c = sums.width
    let weights = memory.scratch(thread: thread)
    let first = memory.pointer(sums.view) + head * c * c
    let queries = memory.pointer(sums.view) + sums.channels * c + head * c
    let keys = queries + sums.channels
    let factor = Double(memory.pointer(temperature)[head])
    let keyNorms = weights + c * c
    for key in 0..<c { keyNorms[key] = Float(norm(keys + key)) }
    for query in 0..<c {
      let scale = factor / norm(queries + query)
      for place in query * c..<(query + 1) * c {
        weights[place] = Float(total(first + place) * scale / Double(keyNorms[place - query * c]))
      }
    }
    let kernels = memory.kernels.pointee
    kernels.softmax(c, c, weights, c, weights, c)
    let target = memory.pointer(y)
    switch making {
    case .projection(let matrix, let n):
      kernels.gemm_fold(n, sums.channels, head * c, c, memory.pointer(matrix), weights, c, target)
    case .heads:
      switch gemm {
      case .builtIn:
        kernels.gemm_pack(c, c, weights, target + head * kernels.gemm_packed_count(c, c))
      case .external: moveFloats(weights, to: target + head * c * c, count: c * c)
      }
    }
  }

  /// What the blocks add up to at one place, in double precision.
  private func total(_ place: UnsafePointer<Float>) -> Double {
    var sum = 0.0
    for block in 0..<sums.view.pixelCount { sum += Double(place[block * sums.view.stride]) }
    return sum
  }

  private func norm(_ squares: UnsafePointer<Float>) -> Double {
    max(total(squares).squareRoot(), Double(epsilon))
  }
}
