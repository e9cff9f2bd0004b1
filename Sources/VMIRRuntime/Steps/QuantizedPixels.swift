import CVMIRKernels

/// Quantization parameters of an int8 convolution's input.
struct Quantization: Equatable, Sendable {
  /// Added to each pixel first, `[C]`.
  var add: FloatSource?
  /// Multiplied with each pixel then, `[C]`.
  var factor: FloatSource?
  /// Scale of all pixels; 0 where each has its own.
  let scale: Float
}

/// Scales of a packed int8 matrix.
struct Int8Scaling: Equatable, Sendable {
  /// Scale of each row of the matrix.
  let weightScale: WeightSlot
  var quantization: Quantization
}

/// Quantized pixels, with a scale for each.
struct QuantizedPixels {
  let int8Values: UnsafeRawPointer
  let scales: UnsafePointer<Float>
}

/// Scratch for quantized pixels: their scales, then their int8 values.
struct QuantizedScratch: Equatable, Sendable {
  let pixelCount: Int
  /// Bytes from one pixel to the next.
  let stride: Int

  init(pixelCount: Int, channels: Int, _ kernels: UnsafePointer<vk_kernels>) {
    self.pixelCount = pixelCount
    stride = kernels.pointee.quantized_stride(channels)
  }

  private var scaleCount: Int { lines(pixelCount) }

  /// Floats that it takes.
  var floatCount: Int { scaleCount + lines(pixelCount * stride / MemoryLayout<Float>.size) }

  /// The pixels from number `pixel` on, in memory that holds all of them.
  func pixels(
    at start: UnsafeMutablePointer<Float>, pixel: Int = 0
  ) -> (int8Values: UnsafeMutableRawPointer, scales: UnsafeMutablePointer<Float>) {
    // SAFETY: `start` has room for `floatCount` floats, and `pixel` is at most `pixelCount`.
    (UnsafeMutableRawPointer(start + scaleCount) + pixel * stride, start + pixel)
  }
}

extension StepMemory {
  /// Quantizes `rows` pixels of `c` channels into `room`, which starts at `scratch`, from pixel
  /// `pixel` on.
  func quantize(
    _ rows: Int, _ c: Int, _ x: UnsafePointer<Float>, _ xStride: Int,
    _ quantization: Quantization, _ room: QuantizedScratch, _ scratch: UnsafeMutablePointer<Float>,
    pixel: Int = 0
  ) -> QuantizedPixels {
    let (int8Values, scales) = room.pixels(at: scratch, pixel: pixel)
    var operation = vk_quantize(
      channels: c, x: x, x_stride: xStride, add: quantization.add.map { pointer($0) },
      factor: quantization.factor.map { pointer($0) }, scale: quantization.scale, q: int8Values,
      scales: scales)
    kernels.pointee.quantize(rows, &operation)
    return QuantizedPixels(int8Values: int8Values, scales: scales)
  }

  /// The rows that a product multiplies: these floats, or integers made of them in `scratch`, which
  /// has room for `quantizedCount` floats, where the matrix is one of integers.
  func productRows(
    _ rows: Int, _ c: Int, _ x: UnsafePointer<Float>, _ xStride: Int, _ integers: Int8Scaling?,
    _ scratch: UnsafeMutablePointer<Float>
  ) -> ProductRows {
    guard let integers else { return .floats(x, stride: xStride) }
    let room = QuantizedScratch(pixelCount: rows, channels: c, kernels)
    return .integers(quantize(rows, c, x, xStride, integers.quantization, room, scratch))
  }
}

/// Floats of scratch for `rows` pixels of `c` channels as integers; none without integers.
func quantizedCount(
  _ rows: Int, _ c: Int, _ integers: Int8Scaling?, _ kernels: UnsafePointer<vk_kernels>
) -> Int {
  guard integers != nil else { return 0 }
  return QuantizedScratch(pixelCount: rows, channels: c, kernels).floatCount
}
