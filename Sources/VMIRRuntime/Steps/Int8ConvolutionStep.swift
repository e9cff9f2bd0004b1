import CVMIRKernels

/// An int8 dense convolution with a kernel of any odd size, with an optional pixel shuffle.
///
/// A tile of the input is quantized, with a border of half a kernel: pixels outside the image
/// have the scale 0.
struct Int8ConvolutionStep: StepKind {
  static let kind = "convolution3x3"

  let x: View
  let y: View
  /// Side of the kernel in pixels.
  let kernelSize: Int
  /// One, or one for each place in the square of a pixel shuffle; all in integers of one form.
  let parts: [PackedMatrix]
  let quantization: Quantization
  /// Side of that square, 1 where there is no shuffle.
  let factor: Int
  /// Added at the end, of the size of the output; only without a shuffle.
  let residual: View?

  private var border: Int { kernelSize / 2 }

  // With few outputs, quantizing rows twice would be noticeable.
  private var tiles: Tiles { Tiles(x, height: y.channels < 16 ? 16 : 4, width: 112) }

  private var tileWidth: Int { tiles.columns.size + 2 * border }

  private func room(_ kernels: UnsafePointer<vk_kernels>) -> QuantizedScratch {
    QuantizedScratch(
      pixelCount: (tiles.rows.size + 2 * border) * tileWidth, channels: x.channels, kernels)
  }

  func itemCount(threadCount: Int) -> Int { tiles.count }

  func scratchCount(_ kernels: Kernels) -> Int { room(kernels.table).floatCount }

  func run(_ item: Int, _ thread: Int, _ memory: StepMemory) {
    let (rows, columns) = tiles[item]
    let room = room(memory.kernels)
    let scratch = memory.scratch(thread: thread)
    for line in 0..<rows.count + 2 * border {
      quantizeLine(
        rows.lowerBound + line - border, columns, room, scratch, pixel: line * tileWidth, memory)
    }
    for row in rows {
      let (int8Values, scales) = room.pixels(
        at: scratch, pixel: (row - rows.lowerBound) * tileWidth)
      let pixels = QuantizedPixels(int8Values: int8Values, scales: scales)
      for (place, part) in parts.enumerated() {
        multiply(part, place: place, pixels, row: row, columns, memory)
      }
    }
  }

  /// Quantizes one row, `columns` and a border on both sides.
  private func quantizeLine(
    _ row: Int, _ columns: Range<Int>, _ room: QuantizedScratch,
    _ scratch: UnsafeMutablePointer<Float>, pixel: Int, _ memory: StepMemory
  ) {
    let wanted = columns.lowerBound - border..<columns.upperBound + border
    let isInside = row >= 0 && row < x.height
    let inside = isInside ? wanted.clamped(to: 0..<x.width) : wanted.lowerBound..<wanted.lowerBound
    for outside in [wanted.lowerBound..<inside.lowerBound, inside.upperBound..<wanted.upperBound] {
      let (int8Values, scales) = room.pixels(
        at: scratch, pixel: pixel + outside.lowerBound - wanted.lowerBound)
      // With scale 0 the int8 values don't matter.
      int8Values.initializeMemory(as: UInt8.self, repeating: 0, count: outside.count * room.stride)
      scales.update(repeating: 0, count: outside.count)
    }
    guard !inside.isEmpty else { return }
    _ = memory.quantize(
      inside.count, x.channels, memory.pointer(x, pixel: row * x.width + inside.lowerBound),
      x.stride, quantization, room, scratch, pixel: pixel + inside.lowerBound - wanted.lowerBound)
  }

  /// Makes one row of the output, or those of its pixels that have one place in the square.
  private func multiply(
    _ part: PackedMatrix, place: Int, _ pixels: QuantizedPixels, row: Int, _ columns: Range<Int>,
    _ memory: StepMemory
  ) {
    let yRow = row * factor + place / factor
    let pixel = yRow * y.width + columns.lowerBound * factor + place % factor
    var product = Product(
      rows: columns.count, k: x.channels, x: .integers(pixels, side: kernelSize, line: tileWidth),
      n: part.rowCount, matrix: memory.pointer(part.slot),
      y: memory.pointer(y, pixel: pixel), yStride: y.stride * factor)
    product.bias = memory.pointer(part.bias)
    if let residual {
      product.residual = UnsafePointer(memory.pointer(residual, pixel: pixel))
      product.residualStride = residual.stride
    }
    product.weightScale = memory.pointer(part.integers?.weightScale)
    memory.multiply(product, .builtIn)
  }
}
