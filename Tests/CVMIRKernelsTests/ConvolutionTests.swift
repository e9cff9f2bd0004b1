import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct ConvolutionTests {
  static let extents = [(0, 3), (3, 0), (1, 1), (1, 7), (6, 1), (2, 2), (5, 7), (3, 12)]

  /// A weight `[C][1][3][3]` in the kernels' order `[9][C]`.
  static func tapMajor(_ weight: [Float], channels: Int) -> [Float] {
    (0..<9).flatMap { (tap: Int) -> [Float] in
      (0..<channels).map { weight[$0 * 9 + tap] }
    }
  }

  /// Whole rows of an image, into a buffer that starts with the first of them.
  static func part(height: Int, width: Int, rows: Range<Int>) -> vk_part {
    vk_part(
      rows: vk_rows(
        height: height, width: width, row_begin: rows.lowerBound, row_end: rows.upperBound,
        x_row: 0, y_row: rows.lowerBound),
      x_ring: 0, column_begin: 0, column_end: width, y_width: width)
  }

  @Test(arguments: KernelTables.names)
  func depthwiseIsThatOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let activations: [(vk_activation, (Double) -> Double)] = [
      (VK_ACTIVATION_NONE, { $0 }), (VK_ACTIVATION_SILU, Double.silu),
      (VK_ACTIVATION_GELU, Double.gelu),
    ]
    var seed: UInt64 = 2000
    for c in KernelTables.sizes(kernels) {
      for (height, width) in ConvolutionTests.extents {
        for (activation, function) in activations {
          seed += 1
          var generator = SeededGenerator(seed: seed)
          let x = GuardedRows(height * width, c, generator.floats(height * width * c))
          let weight = generator.floats(c * 9)
          let hasBias = seed % 2 == 0
          let taps = GuardedRows(ConvolutionTests.tapMajor(weight, channels: c))
          let bias = GuardedRows(generator.floats(c))
          let y = GuardedRows(height * width, c, spare: 2, shift: 3)
          var part = ConvolutionTests.part(height: height, width: width, rows: 0..<height)
          kernels.depthwise3x3(
            &part, c, x.pointer, x.stride, taps.pointer, c,
            hasBias ? UnsafePointer(bias.pointer) : nil, activation, y.pointer, y.stride)
          let context = "\(isa) c \(c) \(height)x\(width) seed \(seed)"
          #expect(y.isIntact, "\(context)")
          guard c > 0 else { continue }
          let expected = x.image(height: height, width: width).conv2d(
            weight: ReferenceTensor([c, 1, 3, 3], weight),
            bias: hasBias ? ReferenceTensor([c], bias.values) : nil, groups: c
          ).map(function)
          expectClose(y.values, expected.pixels, context) { _ in 5e-6 }
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func depthwiseGateIsTheGatedDepthwiseOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 2500
    for c in KernelTables.sizes(kernels) {
      for (height, width) in ConvolutionTests.extents {
        for hasBias in [true, false] {
          seed += 1
          var generator = SeededGenerator(seed: seed)
          let x = GuardedRows(height * width, 2 * c, generator.floats(height * width * 2 * c))
          let weight = generator.floats(2 * c * 9)
          let taps = GuardedRows(ConvolutionTests.tapMajor(weight, channels: 2 * c))
          let bias = GuardedRows(generator.floats(2 * c))
          let y = GuardedRows(height * width, c, spare: 2, shift: 3)
          // In two parts, whose rows are those of one call.
          for (begin, end) in [(0, height / 2), (height / 2, height)] {
            var part = ConvolutionTests.part(height: height, width: width, rows: begin..<end)
            kernels.depthwise3x3_gate(
              &part, c, x.pointer, x.stride, taps.pointer,
              hasBias ? UnsafePointer(bias.pointer) : nil, y.row(begin * width), y.stride)
          }
          let context = "\(isa) c \(c) \(height)x\(width) bias \(hasBias) seed \(seed)"
          #expect(y.isIntact, "\(context)")
          guard c > 0 else { continue }
          let halves = x.image(height: height, width: width).conv2d(
            weight: ReferenceTensor([2 * c, 1, 3, 3], weight),
            bias: hasBias ? ReferenceTensor([2 * c], bias.values) : nil, groups: 2 * c
          ).splitChannels([c, c])
          let expected = halves[0].gelu().multiplied(by: halves[1]).pixels
          expectClose(y.values, expected, context) { 5e-6 * (1 + abs(expected[$0])) }
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func depthwiseRowsAreTheSameFromABufferOfSomeRows(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let (height, width, c) = (7, 9, kernels.lanes + 3)
    var generator = SeededGenerator(seed: 8)
    let x = GuardedRows(height * width, c, generator.floats(height * width * c))
    let taps = generator.floats(9 * c)
    let whole = GuardedRows(height * width, c)
    var part = ConvolutionTests.part(height: height, width: width, rows: 0..<height)
    kernels.depthwise3x3(
      &part, c, x.pointer, x.stride, taps, c, nil, VK_ACTIVATION_SILU, whole.pointer, whole.stride)
    for (begin, end) in [(0, 1), (0, 3), (2, 5), (6, 7), (4, 4)] {
      let (from, to) = (max(begin - 1, 0), min(end + 1, height))
      let some = GuardedRows(
        (to - from) * width, c, Array(x.values[from * width * c..<to * width * c]))
      let y = GuardedRows((end - begin) * width, c)
      part = ConvolutionTests.part(height: height, width: width, rows: begin..<end)
      part.rows.x_row = from
      kernels.depthwise3x3(
        &part, c, some.pointer, some.stride, taps, c, nil, VK_ACTIVATION_SILU, y.pointer, y.stride)
      #expect(
        y.values.map(\.bitPattern)
          == whole.values[begin * width * c..<end * width * c].map(\.bitPattern),
        "\(isa) rows \(begin)..<\(end)")
      #expect(y.isIntact)
      // The same rows in a ring, row r at place r % 5.
      let ring = 5
      let pixels = (0..<ring).flatMap { place in
        let row = (from..<to).first { $0 % ring == place }
        return row.map { Array(x.values[$0 * width * c..<($0 + 1) * width * c]) }
          ?? [Float](repeating: .nan, count: width * c)
      }
      let turned = GuardedRows(ring * width, c, pixels)
      let again = GuardedRows((end - begin) * width, c)
      part.rows.x_row = 0
      part.x_ring = ring
      kernels.depthwise3x3(
        &part, c, turned.pointer, turned.stride, taps, c, nil, VK_ACTIVATION_SILU, again.pointer,
        again.stride)
      #expect(
        again.values.map(\.bitPattern) == y.values.map(\.bitPattern),
        "\(isa) rows \(begin)..<\(end) in a ring")
    }
  }

  @Test(arguments: KernelTables.names)
  func depthwiseColumnsAndChannelsAreTheSameAsOfAll(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let (height, width, c) = (5, 11, 2 * kernels.lanes + 3)
    var generator = SeededGenerator(seed: 9)
    let x = GuardedRows(height * width, c, generator.floats(height * width * c))
    let taps = GuardedRows(generator.floats(9 * c))
    let bias = GuardedRows(generator.floats(c))
    for activation in [VK_ACTIVATION_NONE, VK_ACTIVATION_GELU] {
      let whole = GuardedRows(height * width, c)
      var part = ConvolutionTests.part(height: height, width: width, rows: 0..<height)
      kernels.depthwise3x3(
        &part, c, x.pointer, x.stride, taps.pointer, c, bias.pointer, activation, whole.pointer,
        whole.stride)
      for columns in [0..<4, 0..<3, 3..<11, 2..<9, 10..<11, 5..<5] {
        for channels in [0..<c, 0..<kernels.lanes, 3..<c] {
          // Rows of an image that is wider than what is computed.
          let yWidth = columns.count + 2
          let y = GuardedRows(height * yWidth, channels.count)
          part.column_begin = columns.lowerBound
          part.column_end = columns.upperBound
          part.y_width = yWidth
          let first = channels.lowerBound
          kernels.depthwise3x3(
            &part, channels.count, x.pointer + first, x.stride, taps.pointer + first, c,
            bias.pointer + first, activation, y.pointer, y.stride)
          let context = "\(isa) columns \(columns) channels \(channels)"
          #expect(y.isIntact, "\(context)")
          for pixel in 0..<height * yWidth {
            let column = columns.lowerBound + pixel % yWidth
            for channel in channels {
              let value = y.values[pixel * channels.count + channel - first]
              guard columns.contains(column) else {
                #expect(value.isNaN, "\(context) pixel \(pixel) is written")
                continue
              }
              let place = (pixel / yWidth * width + column) * c + channel
              #expect(value.bitPattern == whole.values[place].bitPattern, "\(context)")
            }
          }
        }
      }
    }
  }
}
