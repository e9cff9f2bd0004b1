import CVMIRKernels

/// The rows of a matrix product.
enum ProductRows {
  case floats(UnsafePointer<Float>, stride: Int)
  /// For a kernel of `side` pixels, whose taps are `line` pixels apart from one line to the next.
  case integers(QuantizedPixels, side: Int = 1, line: Int = 0)
}

/// One matrix product: rows times a packed matrix.
struct Product {
  let rows: Int
  let k: Int
  let x: ProductRows
  let n: Int
  let matrix: UnsafePointer<Float>
  let y: UnsafeMutablePointer<Float>
  let yStride: Int
  /// Of an int8 matrix, `[n]`.
  var weightScale: UnsafePointer<Float>?
  /// Added, `[n]`.
  var bias: UnsafePointer<Float>?
  /// Whether its GELU is wanted, before the residual is added.
  var isActivated = false
  /// Added after everything else.
  var residual: UnsafePointer<Float>?
  var residualStride = 0
  /// What that is multiplied with, `[n]`.
  var residualScale: UnsafePointer<Float>?
  /// Whether what is in `y` is added to.
  var isAccumulating = false
  /// Floats that this thread is likely to read next, where they are not in a cache.
  var next: UnsafeBufferPointer<Float>?
}

extension StepMemory {
  /// The floats of consecutive pixels of an image, if they exist and the image is larger than what
  /// a core's caches hold.
  func next(_ view: View, pixel: Int, count: Int) -> UnsafeBufferPointer<Float>? {
    guard view.pixelCount >= 1 << 13, pixel + count <= view.pixelCount else { return nil }
    return UnsafeBufferPointer(start: pointer(view, pixel: pixel), count: count * view.stride)
  }

  /// Multiplies on the calling thread.
  func multiply(_ product: Product, _ gemm: GEMMBackend) {
    switch product.x {
    case .floats(let x, let xStride): multiply(product, x, xStride, gemm)
    case .integers(let pixels, let side, let line):
      guard let weightScale = product.weightScale else { return }
      var operation = vk_product_i8(
        n: product.n, channels: product.k, side: side, line: line, q: pixels.int8Values,
        scales: pixels.scales, packed: product.matrix, weight_scale: weightScale,
        bias: product.bias, residual: product.residual, residual_stride: product.residualStride,
        y: product.y, y_stride: product.yStride)
      kernels.pointee.gemm_i8(product.rows, &operation)
    }
  }

  private func multiply(
    _ product: Product, _ x: UnsafePointer<Float>, _ xStride: Int, _ gemm: GEMMBackend
  ) {
    switch gemm {
    case .builtIn:
      var epilogue = vk_epilogue(
        bias: product.bias, residual: product.residual,
        residual_stride: product.residualStride, residual_scale: product.residualScale,
        accumulate: product.isAccumulating ? 1 : 0,
        activation: product.isActivated ? VK_ACTIVATION_GELU : VK_ACTIVATION_NONE,
        next: product.next?.baseAddress, next_count: product.next?.count ?? 0)
      kernels.pointee.gemm(
        product.rows, product.n, product.k, x, xStride, product.matrix,
        &epilogue, product.y, product.yStride)
    case .external(let gemm):
      // BLAS has no rows that overlap: those of a convolution are multiplied a piece at a time.
      let pieceCount = min(product.k, xStride)
      for start in stride(from: 0, to: product.k, by: max(pieceCount, 1)) {
        gemm.multiply(
          product.rows, product.n, min(pieceCount, product.k - start), x + start, xStride,
          product.matrix + start, product.k, product.isAccumulating || start > 0, product.y,
          product.yStride)
      }
      let (rows, n) = (product.rows, product.n)
      let (y, stride) = (product.y, product.yStride)
      if let bias = product.bias { kernels.pointee.add(rows, n, y, stride, bias, 0, y, stride) }
      if product.isActivated { kernels.pointee.gelu(rows, n, y, stride, y, stride) }
      guard let residual = product.residual else { return }
      if let scale = product.residualScale {
        kernels.pointee.scaled_sum(
          rows, n, y, stride, nil, residual, product.residualStride, scale, nil, y, stride)
      } else {
        kernels.pointee.add(rows, n, y, stride, residual, product.residualStride, y, stride)
      }
    }
  }
}
