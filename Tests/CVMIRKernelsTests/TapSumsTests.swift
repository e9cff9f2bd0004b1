import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct TapSumsTests {
  /// A row of a convolution from the products of its pixels with the taps, in parts of columns.
  @Test(arguments: KernelTables.names)
  func sumsOfTapsAreTheConvolution(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for outputs in 1...Int(VK_TAP_OUTPUTS) {
      for (height, width) in [(1, 1), (2, 1), (1, 4), (3, 2), (4, 9)] {
        var generator = SeededGenerator(seed: UInt64(outputs * 100 + height * 10 + width))
        let x = GuardedRows(height * width, 5, generator.floats(height * width * 5))
        let weight = generator.floats(outputs * 5 * 9)
        let bias = GuardedRows(generator.floats(outputs))
        let expected = x.image(height: height, width: width).conv2d(
          weight: ReferenceTensor([outputs, 5, 3, 3], weight), bias: nil, groups: 1
        ).pixels
        // [pixel][9][outputs], each pixel followed by what may be read.
        let spare = Int(VK_TAP_OUTPUTS)
        var products: [Float] = []
        for pixel in 0..<height * width {
          for tap in 0..<9 {
            for output in 0..<outputs {
              var sum: Float = 0
              for channel in 0..<5 {
                sum += x.values[pixel * 5 + channel] * weight[(output * 5 + channel) * 9 + tap]
              }
              products.append(sum)
            }
          }
          products += [Float](repeating: 0, count: spare)
        }
        let taps = GuardedRows(height * width, 9 * outputs + spare, products)
        let residual = GuardedRows(
          height * width, outputs, generator.floats(height * width * outputs), spare: 2)
        let y = GuardedRows(height * width, outputs, spare: 5, shift: 3)
        for row in 0..<height {
          func line(_ row: Int) -> UnsafePointer<Float>? {
            0..<height ~= row ? UnsafePointer(taps.row(row * width)) : nil
          }
          for (begin, end) in [(0, width / 2), (width / 2, width)] {
            var sums = vk_tap_sums(
              lines: (line(row - 1), line(row), line(row + 1)), first: 0, last: width,
              stride: taps.stride, outputs: outputs, begin: begin, end: end,
              bias: UnsafePointer(bias.pointer),
              residual: UnsafePointer(residual.row(row * width + begin)),
              residual_stride: residual.stride, y: y.row(row * width + begin), y_stride: y.stride)
            kernels.tap_sums(&sums)
          }
        }
        let context = "\(isa) \(outputs) outputs \(height)x\(width)"
        #expect(y.isIntact, "\(context)")
        let sums = expected.indices.map {
          expected[$0] + Double(bias.values[$0 % outputs]) + Double(residual.values[$0])
        }
        expectClose(y.values, sums, context) { _ in 1e-5 }
      }
    }
  }
}
