import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct RearrangeTests {
  typealias Reference = (ReferenceTensor<Double>) -> ReferenceTensor<Double>

  /// Runs a kernel over its output rows, the first one apart, and compares; exactly by default.
  func check(
    _ kernel: vk_rearrange, _ context: String, height: Int, width: Int, inputChannels: Int,
    channels: Int, factor: Int, tolerance: Double = 0, reference: Reference
  ) {
    var generator = SeededGenerator(seed: UInt64(height * 100 + width))
    let x = GuardedRows(
      height * width, inputChannels, generator.floats(height * width * inputChannels))
    let expected = reference(x.image(height: height, width: width))
    let outHeight = expected.shape[2]
    let y = GuardedRows(outHeight * expected.shape[3], expected.shape[1], spare: 2, shift: 3)
    for (begin, end) in [(0, 1), (1, outHeight)] {
      var rows = vk_rows(
        height: height, width: width, row_begin: begin, row_end: end, x_row: 0, y_row: begin)
      kernel(
        &rows, channels, factor, x.pointer, x.stride, y.row(begin * expected.shape[3]), y.stride)
    }
    expectClose(y.values, expected.pixels, context) { _ in tolerance }
    #expect(y.isIntact, "\(context)")
  }

  @Test(arguments: KernelTables.names)
  func rearrangementsAreThoseOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in [1, 3] + KernelTables.sizes(kernels).dropFirst(2) {
      for factor in [1, 2, 3] {
        for (h, w) in [(1, 1), (2, 3), (3, 1)] {
          let context = "\(isa) c \(c) factor \(factor) \(h)x\(w)"
          check(
            kernels.pixel_shuffle, context, height: h, width: w,
            inputChannels: c * factor * factor, channels: c, factor: factor
          ) { $0.pixelShuffle(factor) }
          check(
            kernels.pixel_unshuffle, context, height: h * factor, width: w * factor,
            inputChannels: c, channels: c, factor: factor
          ) { $0.pixelUnshuffle(factor) }
          check(
            kernels.resize_nearest, context, height: h, width: w, inputChannels: c, channels: c,
            factor: factor
          ) { $0.resizeNearest(factor) }
          check(
            kernels.resize_bilinear, context, height: h, width: w, inputChannels: c, channels: c,
            factor: factor, tolerance: 5e-7
          ) { $0.resizeBilinear(factor) }
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func shuffledRowsComeFromABufferOfSomeRows(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let (height, width, c) = (3, 2, kernels.lanes + 1)
    var generator = SeededGenerator(seed: 9)
    let x = GuardedRows(height * width, 4 * c, generator.floats(height * width * 4 * c))
    let expected = x.image(height: height, width: width).pixelShuffle(2).pixels
    for (begin, end) in [(0, 6), (2, 4), (3, 6), (3, 4), (4, 5), (5, 5)] {
      let first = begin / 2
      let some = GuardedRows(
        (height - first) * width, 4 * c, Array(x.values.dropFirst(first * width * 4 * c)))
      let y = GuardedRows((end - begin) * 2 * width, c)
      var rows = vk_rows(
        height: height, width: width, row_begin: begin, row_end: end, x_row: first, y_row: begin)
      kernels.pixel_shuffle(&rows, c, 2, some.pointer, some.stride, y.pointer, y.stride)
      let pixels = begin * 2 * width * c..<end * 2 * width * c
      #expect(
        y.values.map { Double($0) } == Array(expected[pixels]), "\(isa) rows \(begin)..<\(end)")
      #expect(y.isIntact, "\(isa) rows \(begin)..<\(end)")
    }
  }

  @Test(arguments: KernelTables.names)
  func nothingIsDoneForNoRowsColumnsOrChannels(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let x = GuardedRows(4, 8, [Float](repeating: 1, count: 32))
    let y = GuardedRows(0, 8)
    for kernel in [
      kernels.pixel_shuffle, kernels.pixel_unshuffle, kernels.resize_nearest,
      kernels.resize_bilinear,
    ] {
      for (c, width, end) in [(0, 2, 2), (2, 0, 2), (2, 2, 0)] {
        var rows = vk_rows(
          height: 2, width: width, row_begin: 0, row_end: end, x_row: 0, y_row: 0)
        kernel(&rows, c, 2, x.pointer, x.stride, y.pointer, y.stride)
      }
    }
    #expect(y.isIntact, "\(isa)")
  }
}
