/// A dense convolution whose taps are some pixels apart: for each row of the output one matrix
/// product a tap, of the pixels that the tap finds inside the image.
struct DilatedConvolutionStep: StepKind {
  static let kind = "dilated_convolution"

  let x: View
  let y: View
  let kernelSize: Int
  let dilation: Int
  /// A matrix `[O][C]` for each tap, row-major; the one in the middle has the bias.
  let taps: [PackedMatrix]
  let gemm: GEMMBackend

  private var blocks: Blocks { Blocks(of: y.height, size: 256 / max(y.width, 1)) }

  func itemCount(threadCount: Int) -> Int { blocks.blockCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let middle = taps.count / 2
    for row in blocks[item] {
      // First the tap that is inside the image everywhere; the others are added to it.
      multiply(tap: middle, row: row, memory)
      for tap in taps.indices where tap != middle { multiply(tap: tap, row: row, memory) }
    }
  }

  private func multiply(tap: Int, row: Int, _ memory: StepMemory) {
    let (matrix, reach) = (taps[tap], kernelSize / 2)
    let xRow = row + (tap / kernelSize - reach) * dilation
    let shift = (tap % kernelSize - reach) * dilation
    let (first, last) = (max(-shift, 0), min(y.width - shift, y.width))
    guard xRow >= 0, xRow < x.height, first < last else { return }
    var product = Product(
      rows: last - first, k: x.channels,
      x: .floats(memory.pointer(x, pixel: xRow * x.width + first + shift), stride: x.stride),
      n: matrix.rowCount, matrix: memory.pointer(matrix.slot),
      y: memory.pointer(y, pixel: row * y.width + first), yStride: y.stride)
    product.bias = memory.pointer(matrix.bias)
    product.isAccumulating = tap != taps.count / 2
    memory.multiply(product, gemm)
  }
}
