import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct DepthwiseTests {
  @Test(arguments: KernelTables.names)
  func anyKernelStrideAndDilationIsThatOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in KernelTables.sizes(kernels) where c > 0 {
      for (height, width) in [(1, 1), (2, 9), (7, 13)] {
        for (tall, wide, stride, dilation) in [
          (1, 1, 1, 1), (3, 3, 1, 2), (5, 5, 1, 1), (3, 2, 2, 1),
        ] {
          let context =
            "\(isa) c \(c) \(height)x\(width) kernel \(tall)x\(wide) by \(stride), \(dilation)"
          var generator = SeededGenerator(seed: UInt64(17 * c + height + 3 * tall))
          let x = GuardedRows(height * width, c, generator.floats(height * width * c))
          let weight = generator.floats(c * tall * wide)
          let bias = generator.floats(c)
          let (padTop, padLeft) = (dilation * (tall / 2), dilation * (wide / 2))
          let rows = (height + 2 * padTop - dilation * (tall - 1) - 1) / stride + 1
          let columns = (width + 2 * padLeft - dilation * (wide - 1) - 1) / stride + 1
          let y = GuardedRows(rows * columns, c, spare: 3, shift: 1)
          var operation = vk_depthwise(
            height: height, width: width, channels: c, kernel_height: tall, kernel_width: wide,
            stride_down: stride, stride_right: stride, dilation_down: dilation,
            dilation_right: dilation, pad_top: padTop, pad_left: padLeft, out_width: columns,
            activation: VK_ACTIVATION_NONE, adds_input: 0,
            x: x.pointer, x_stride: x.stride, y_stride: y.stride)
          // Taps first, channels last.
          let taps = (0..<tall * wide).flatMap { tap in
            (0..<c).map { weight[$0 * tall * wide + tap] }
          }
          for row in 0..<rows {
            kernels.depthwise(&operation, row, taps, bias, y.pointer + row * columns * y.stride)
          }
          #expect(x.isIntact && y.isIntact, "\(context)")
          var expected: [Double] = []
          for row in 0..<rows {
            for column in 0..<columns {
              for channel in 0..<c {
                var sum = Double(bias[channel])
                for dy in 0..<tall {
                  for dx in 0..<wide {
                    let (h, w) = (
                      row * stride + dy * dilation - padTop,
                      column * stride + dx * dilation - padLeft
                    )
                    guard (0..<height).contains(h), (0..<width).contains(w) else { continue }
                    sum +=
                      Double(weight[(channel * tall + dy) * wide + dx])
                      * Double(x.values[(h * width + w) * c + channel])
                  }
                }
                expected.append(sum)
              }
            }
          }
          expectClose(y.values, expected, context) { _ in 3e-5 }
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func aConvolutionAlongPixelsLooksBackOnlyHoweverItIsCut(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for c in KernelTables.sizes(kernels) where c > 0 {
      for (count, taps) in [(1, 4), (3, 7), (11, 4), (5, 1)] {
        let context = "\(isa) c \(c) \(count) pixels, \(taps) taps"
        var generator = SeededGenerator(seed: UInt64(13 * c + count))
        let x = GuardedRows(count, c, generator.floats(count * c))
        let weight = generator.floats(taps * c)
        let y = GuardedRows(count, c, spare: 2, shift: 1)
        for (begin, end) in [(0, count / 2), (count / 2, count)] {
          kernels.line_conv(
            begin, end, c, taps, x.pointer, x.stride, weight, nil, VK_ACTIVATION_NONE, y.pointer,
            y.stride)
        }
        #expect(x.isIntact && y.isIntact, "\(context)")
        var expected: [Double] = []
        for l in 0..<count {
          for channel in 0..<c {
            var sum = 0.0
            for t in 0..<taps where l + t >= taps - 1 {
              sum +=
                Double(weight[t * c + channel]) * Double(x.values[(l + t - taps + 1) * c + channel])
            }
            expected.append(sum)
          }
        }
        expectClose(y.values, expected, context) { _ in 1e-5 }
      }
    }
  }
}
