import CVMIRKernels

/// A normalisation over channels, as a step does it on the way.
struct Norm: Equatable, Sendable {
  let weight: FloatSource
  let bias: FloatSource?
  let isCentred: Bool
  let epsilon: Float

  /// The views that are read.
  var views: [View] { [weight.view, bias?.view].compactMap { $0 } }

  /// Normalises `rows` pixels of `c` channels.
  func apply(
    _ rows: Int, _ c: Int, _ x: UnsafePointer<Float>, _ xStride: Int,
    _ y: UnsafeMutablePointer<Float>, _ yStride: Int, _ memory: StepMemory
  ) {
    memory.kernels.pointee.layer_norm(
      rows, c, x, xStride, memory.pointer(weight), bias.map { memory.pointer($0) },
      isCentred ? 1 : 0,
      epsilon, y, yStride)
  }
}

/// What a product step makes of the pixels that it reads.
struct ProductOutput: Equatable, Sendable {
  let y: View
  var matrix: FloatSource
  var bias: FloatSource?
  /// For an int8 matrix.
  var integers: Int8Scaling?
  /// Whether its GELU is wanted; not for an int8 matrix.
  var isActivated = false
  /// Added after everything else, of the size of the output.
  var residual: View?
  /// What that is multiplied with, `[channels]`; not for an int8 matrix.
  var residualScale: WeightSlot?
}

/// A 1x1 convolution: each pixel, maybe normalised, times one or more matrices.
struct ProductStep: StepKind {
  static let kind = "product"

  let x: View
  let norm: Norm?
  /// All float, or all int8 with the same quantization.
  let outputs: [ProductOutput]
  let gemm: GEMMBackend

  // Rows of a block and its results stay in a second-level cache.
  private var blocks: Blocks { Blocks(of: x.pixelCount, size: x.channels > 256 ? 64 : 128) }

  /// Whether an item makes only some columns of one output, since there are few blocks of rows.
  private var isCut: Bool { blocks.blockCount < 8 }

  /// The columns of an output that items make, where they are cut: multiples of two vectors of
  /// every instruction set, so that packed matrices can be cut there too.
  private func columns(_ output: ProductOutput) -> Blocks {
    Blocks(of: output.y.channels, size: min(128, output.y.channels))
  }

  func itemCount(threadCount: Int) -> Int {
    let parts = isCut ? outputs.reduce(0) { $0 + columns($1).blockCount } : 1
    return blocks.blockCount * parts
  }

  private var normStride: Int { lines(x.channels) }

  private var normCount: Int { norm == nil ? 0 : blocks.size * normStride }

  func scratchCount(_ kernels: Kernels) -> Int {
    normCount + quantizedCount(blocks.size, x.channels, outputs.first?.integers, kernels.table)
  }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let pixels = blocks[item % blocks.blockCount]
    var source = UnsafePointer(memory.pointer(x, pixel: pixels.lowerBound))
    var stride = x.stride
    let scratch = memory.scratch(thread: thread)
    if let norm {
      let normalized = scratch
      norm.apply(pixels.count, x.channels, source, stride, normalized, normStride, memory)
      source = UnsafePointer(normalized)
      stride = normStride
    }
    let rows = memory.productRows(
      pixels.count, x.channels, source, stride, outputs.first?.integers, scratch + normCount)
    // Threads take blocks in turn.
    var next = memory.next(
      x, pixel: pixels.lowerBound + memory.threadCount * blocks.size, count: pixels.count)
    var part = item / blocks.blockCount
    for output in outputs {
      guard isCut else {
        multiply(output, 0..<output.y.channels, rows, pixels, next, memory)
        next = nil
        continue
      }
      let cut = columns(output)
      if part < cut.blockCount {
        return multiply(output, cut[part], rows, pixels, nil, memory)
      }
      part -= cut.blockCount
    }
  }

  private func multiply(
    _ output: ProductOutput, _ columns: Range<Int>, _ rows: ProductRows, _ pixels: Range<Int>,
    _ next: UnsafeBufferPointer<Float>?, _ memory: StepMemory
  ) {
    let first = columns.lowerBound
    let before =
      output.integers == nil
      ? first * x.channels
      : memory.kernels.pointee.gemm_i8_packed_size(first, x.channels, 1) / MemoryLayout<Float>.size
    var product = Product(
      rows: pixels.count, k: x.channels, x: rows, n: columns.count,
      matrix: memory.pointer(output.matrix) + before,
      y: memory.pointer(output.y, pixel: pixels.lowerBound) + first, yStride: output.y.stride)
    product.next = next
    product.bias = output.bias.map { memory.pointer($0) + first }
    product.weightScale = output.integers.map { memory.pointer($0.weightScale) + first }
    product.isActivated = output.isActivated
    if let residual = output.residual {
      product.residual = UnsafePointer(memory.pointer(residual, pixel: pixels.lowerBound) + first)
      product.residualStride = residual.stride
      product.residualScale = output.residualScale.map { memory.pointer($0) + first }
    }
    memory.multiply(product, gemm)
  }
}

/// Folds a channel merge into the convolution after it: a matrix of its own for each picture.
///
/// `W (y c + y)` is `(W diag(1 + c)) y`, and `W (y + c) + b` is `W y + (W c + b)`.
struct ScaleMatrixStep: StepKind {
  static let kind = "scale_matrix"

  enum Making: Equatable, Sendable {
    /// The scaled matrix, packed.
    case matrix
    /// The bias `[n]`.
    case bias
    /// `(1 + c) * smoothing`, `[k]`, for a matrix of integers, which stays.
    case factors(smoothing: FloatSource?)
  }

  /// `c`, one pixel.
  let pixel: View
  let matrix: WeightSlot
  let bias: WeightSlot?
  let n: Int
  let y: View
  let making: Making

  func scratchCount(_ kernels: Kernels) -> Int { lines(pixel.channels) }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let k = pixel.channels
    let c = memory.pointer(pixel)
    switch making {
    case .matrix:
      let scale = memory.scratch(thread: thread)
      for channel in 0..<k { scale[channel] = 1 + c[channel] }
      memory.kernels.pointee.gemm_scale(n, k, memory.pointer(matrix), scale, memory.pointer(y))
    case .bias:
      var product = Product(
        rows: 1, k: k, x: .floats(c, stride: k), n: n, matrix: memory.pointer(matrix),
        y: memory.pointer(y), yStride: n)
      product.bias = memory.pointer(bias)
      memory.multiply(product, .builtIn)
    case .factors(let smoothing):
      let factors = memory.pointer(y)
      let smoothing = smoothing.map { memory.pointer($0) }
      for channel in 0..<k { factors[channel] = (1 + c[channel]) * (smoothing?[channel] ?? 1) }
    }
  }
}
