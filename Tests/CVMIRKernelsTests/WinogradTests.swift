import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct WinogradTests {
  /// One convolution with random operands.
  struct Case {
    let kernels: vk_kernels
    let (tile, height, width, channels, outputs, factor): (Int, Int, Int, Int, Int, Int)
    let x: GuardedRows
    let weight: [Float]
    let bias: GuardedRows
    let slope: GuardedRows
    let residual: GuardedRows
    let packed: GuardedRows

    init(
      _ kernels: vk_kernels, tile: Int, height: Int, width: Int, channels: Int, outputs: Int,
      factor: Int = 1, seed: UInt64
    ) {
      var generator = SeededGenerator(seed: seed)
      self.kernels = kernels
      (self.tile, self.height, self.width) = (tile, height, width)
      (self.channels, self.outputs, self.factor) = (channels, outputs, factor)
      let sums = outputs * factor * factor
      x = GuardedRows(height * width, channels, generator.floats(height * width * channels))
      weight = generator.floats(sums * channels * 9)
      bias = GuardedRows(generator.floats(sums))
      slope = GuardedRows(generator.floats(sums))
      let pixels = height * width * factor * factor
      residual = GuardedRows(
        pixels, outputs, generator.floats(pixels * outputs), spare: 5, shift: 2)
      packed = GuardedRows(
        1, kernels.winograd_packed_count(tile, channels, outputs, factor), spare: 0)
      let taps = GuardedRows(
        1, kernels.winograd_taps_count(channels, outputs, factor), spare: 0)
      kernels.winograd_pack(channels, outputs, factor, weight, taps.pointer)
      // In parts, as a plan does.
      let count = kernels.gemm_packed_count(outputs, channels)
      for place in 0..<factor * factor {
        for begin in stride(from: 0, to: count, by: 80) {
          kernels.winograd_transform(
            tile, channels, outputs, place, begin, min(begin + 80, count), taps.pointer,
            packed.pointer)
        }
      }
      #expect(taps.isIntact)
    }

    var tileCount: Int { ((height + tile - 1) / tile) * ((width + tile - 1) / tile) }

    /// Computes tiles into `y`; of `flags` 1 is for a bias, 2 for slopes, 4 for a residual.
    func run(_ tiles: Range<Int>, flags: Int, scale: Float = 1, into y: GuardedRows) {
      let scratch = GuardedRows(1, kernels.winograd_scratch_count(tile, channels), spare: 0)
      var operation = vk_winograd(
        tile: tile, height: height, width: width, channels: channels, outputs: outputs,
        factor: factor, x: x.pointer, x_stride: x.stride, packed: packed.pointer,
        bias: flags & 1 != 0 ? UnsafePointer(bias.pointer) : nil,
        slope: flags & 2 != 0 ? UnsafePointer(slope.pointer) : nil, scale: scale,
        residual: flags & 4 != 0 ? UnsafePointer(residual.pointer) : nil,
        residual_stride: residual.stride, y: y.pointer, y_stride: y.stride)
      kernels.winograd3x3(&operation, tiles.lowerBound, tiles.upperBound, scratch.pointer)
      #expect(scratch.isIntact && packed.isIntact)
    }

    /// What the reference computes, `[H r][W r][n]`.
    func expected(flags: Int, scale: Float) -> [Double] {
      let places = factor * factor
      let sums = x.image(height: height, width: width).conv2d(
        weight: ReferenceTensor([outputs * places, channels, 3, 3], weight), bias: nil, groups: 1)
      let pixels = sums.pixels
      var result: [Double] = []
      for row in 0..<height * factor {
        for column in 0..<width * factor {
          let pixel = row / factor * width + column / factor
          let place = row % factor * factor + column % factor
          for output in 0..<outputs {
            var value = pixels[pixel * outputs * places + output * places + place]
            if flags & 1 != 0 { value += Double(bias.values[place * outputs + output]) }
            if flags & 2 != 0, value < 0 {
              value *= Double(slope.values[place * outputs + output])
            }
            value *= Double(scale)
            if flags & 4 != 0 { value += Double(residual.values[result.count]) }
            result.append(value)
          }
        }
      }
      return result
    }
  }

  /// Largest error for values and weights up to 1; F(4, 3) multiplies by up to 8 and 5 on the way.
  static func tolerance(tile: Int, channels: Int) -> Double {
    Double(channels + 8) * (tile == 2 ? 1e-6 : 1e-5)
  }

  @Test(arguments: KernelTables.names, [2, 4])
  func everySizeAroundATileIsThatOfTheReference(_ isa: String, tile: Int) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 9000
    for height in [0, 1, 2, 3, 4, 5, 8, 9] {
      for width in [0, 1, 2, 3, 4, 5, 7, 13] {
        for channels in [1, kernels.lanes, kernels.lanes + 1] {
          seed += 1
          let flags = Int(seed % 8)
          let scale: Float = seed % 3 == 0 ? 0.2 : 1
          let outputs = [1, kernels.lanes + 3][Int(seed % 2)]
          let test = Case(
            kernels, tile: tile, height: height, width: width, channels: channels,
            outputs: outputs, seed: seed)
          let y = GuardedRows(height * width, outputs, spare: 4, shift: 3)
          test.run(0..<test.tileCount, flags: flags, scale: scale, into: y)
          let context = "\(isa) F(\(tile)) \(height)x\(width) C \(channels) seed \(seed)"
          #expect(y.isIntact, "\(context)")
          guard height > 0, width > 0 else { continue }
          expectClose(y.values, test.expected(flags: flags, scale: scale), context) { _ in
            WinogradTests.tolerance(tile: tile, channels: channels)
          }
        }
      }
    }
  }

  @Test(arguments: KernelTables.names, [2, 4])
  func everyCountOfChannelsIsThatOfTheReference(_ isa: String, tile: Int) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 9500
    for channels in KernelTables.sizes(kernels) {
      // 67 outputs are more than are held at once.
      for outputs in KernelTables.sizes(kernels) + [67] {
        seed += 1
        let test = Case(
          kernels, tile: tile, height: 6, width: 5, channels: channels, outputs: outputs,
          seed: seed)
        let y = GuardedRows(30, outputs)
        test.run(0..<test.tileCount, flags: 7, scale: 0.5, into: y)
        let context = "\(isa) F(\(tile)) C \(channels) outputs \(outputs) seed \(seed)"
        #expect(y.isIntact, "\(context)")
        guard channels > 0, outputs > 0 else { continue }
        expectClose(y.values, test.expected(flags: 7, scale: 0.5), context) { _ in
          WinogradTests.tolerance(tile: tile, channels: channels)
        }
      }
    }
  }

  @Test(arguments: KernelTables.names, [2, 4])
  func outputsGoWhereAPixelShufflePutsThem(_ isa: String, tile: Int) throws {
    let kernels = try KernelTables.table(isa)
    for factor in [2, 3] {
      for outputs in [3, kernels.lanes + 1] {
        let test = Case(
          kernels, tile: tile, height: 5, width: 7, channels: 9, outputs: outputs, factor: factor,
          seed: UInt64(factor))
        let y = GuardedRows(35 * factor * factor, outputs, spare: 2, shift: 5)
        test.run(0..<test.tileCount, flags: 7, into: y)
        let context = "\(isa) F(\(tile)) factor \(factor) outputs \(outputs)"
        #expect(y.isIntact, "\(context)")
        expectClose(y.values, test.expected(flags: 7, scale: 1), context) { _ in
          WinogradTests.tolerance(tile: tile, channels: 9)
        }
      }
    }
  }

  @Test(arguments: KernelTables.names, [2, 4])
  func aTileDoesNotDependOnTheCallItIsIn(_ isa: String, tile: Int) throws {
    let kernels = try KernelTables.table(isa)
    let test = Case(
      kernels, tile: tile, height: 33, width: 37, channels: kernels.lanes + 2, outputs: 19,
      seed: 77)
    let whole = GuardedRows(33 * 37, 19)
    test.run(0..<test.tileCount, flags: 3, into: whole)
    for size in [1, 7, kernels.winograd_block(tile, test.channels)] {
      let parts = GuardedRows(33 * 37, 19, shift: 2)
      for first in stride(from: 0, to: test.tileCount, by: size) {
        test.run(first..<min(first + size, test.tileCount), flags: 3, into: parts)
      }
      #expect(
        parts.values.map(\.bitPattern) == whole.values.map(\.bitPattern), "\(isa) parts of \(size)")
    }
  }

  @Test(arguments: KernelTables.names, [2, 4])
  func residualMayBeTheOutputItself(_ isa: String, tile: Int) throws {
    let kernels = try KernelTables.table(isa)
    let test = Case(
      kernels, tile: tile, height: 9, width: 10, channels: 5, outputs: 21, seed: 78)
    let apart = GuardedRows(90, 21)
    test.run(0..<test.tileCount, flags: 7, into: apart)
    test.run(0..<test.tileCount, flags: 7, into: test.residual)
    #expect(apart.values == test.residual.values, "\(isa)")
  }
}
