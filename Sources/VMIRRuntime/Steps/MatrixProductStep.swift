import CVMIRKernels

#if !VMIR_EDGE
  import COpenBLAS
#endif

/// What is done with the sums of a matrix product before they are stored.
struct Epilogue: Equatable, Sendable {
  /// Added, `[n]`.
  var bias: WeightSlot?
  /// Added after everything else, of the size of the output.
  var residual: View?
}

/// A 1x1 convolution: each pixel of `x` times a matrix.
struct MatrixProductStep: Equatable, Sendable {
  let x: View
  let y: View
  let matrix: WeightSlot
  var epilogue: Epilogue
  let gemm: GEMMBackend

  // 192 rows of 96 to 400 floats stay in a second-level cache together with the output.
  private var blocks: Blocks { Blocks(of: x.pixelCount, size: 192) }

  var itemCount: Int { blocks.blockCount }

  func run(_ item: Int, _ memory: StepMemory) {
    let pixels = blocks[item]
    multiply(
      rows: pixels.count, k: x.channels, memory.pointer(x, pixel: pixels.lowerBound), x.stride,
      matrix, epilogue, y, pixel: pixels.lowerBound, gemm, memory)
  }
}

/// Multiplies `rows` rows of `k` floats with a packed matrix and stores them at a pixel of `y`.
func multiply(
  rows: Int, k: Int, _ x: UnsafePointer<Float>, _ xStride: Int, _ matrix: WeightSlot,
  _ epilogue: Epilogue, _ y: View, pixel: Int, _ gemm: GEMMBackend, _ memory: StepMemory
) {
  let target = memory.pointer(y, pixel: pixel)
  let bias = memory.pointer(epilogue.bias)
  let residual = epilogue.residual.map { memory.pointer($0, pixel: pixel) }
  let kernels = memory.kernels.pointee
  switch gemm {
  case .builtIn:
    var parameters = vk_epilogue(
      bias: bias, residual: residual, residual_stride: epilogue.residual?.stride ?? 0,
      accumulate: 0, activation: VK_ACTIVATION_NONE)
    kernels.gemm(
      rows, y.channels, k, x, xStride, memory.pointer(matrix), &parameters, target, y.stride)
  case .openBLAS:
    #if !VMIR_EDGE
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(y.channels), blasint(k),
        1, x, blasint(xStride), memory.pointer(matrix), blasint(k), 0, target, blasint(y.stride))
      if let bias {
        kernels.add(rows, y.channels, target, y.stride, bias, 0, target, y.stride)
      }
      if let residual, let view = epilogue.residual {
        kernels.add(
          rows, y.channels, target, y.stride, residual, view.stride, target, y.stride)
      }
    #endif
  }
}
