import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct SelectiveScanTests {
  /// One scan with random operands.
  struct Case {
    let kernels: vk_kernels
    let (height, width, channels, states, rank): (Int, Int, Int, Int, Int)
    let x: GuardedRows
    let projection: GuardedRows
    let deltaWeight: [Float]
    let deltaBias: [Float]
    let aLog: [Float]
    let d: [Float]
    let packed: GuardedRows
    let scratch: GuardedRows

    init(
      _ kernels: vk_kernels, height: Int, width: Int, channels: Int, states: Int, rank: Int,
      seed: UInt64
    ) {
      var generator = SeededGenerator(seed: seed)
      self.kernels = kernels
      (self.height, self.width, self.channels) = (height, width, channels)
      (self.states, self.rank) = (states, rank)
      let pixels = height * width
      let projected = 4 * (rank + 2 * states)
      x = GuardedRows(pixels, channels, generator.floats(pixels * channels))
      projection = GuardedRows(pixels, projected, generator.floats(pixels * projected))
      deltaWeight = generator.floats(4 * channels * rank, in: -3...3)
      // Softplus from nearly 0 to its straight part.
      deltaBias = generator.floats(4 * channels, in: -8...3)
      aLog = generator.floats(4 * channels * states, in: -2...3)
      d = generator.floats(4 * channels)
      packed = GuardedRows(1, kernels.selective_scan_packed_count(4, channels, states, rank))
      scratch = GuardedRows(1, kernels.selective_scan_scratch_count(channels, states))
      deltaWeight.withUnsafeBufferPointer { weight in
        deltaBias.withUnsafeBufferPointer { bias in
          aLog.withUnsafeBufferPointer { aLog in
            d.withUnsafeBufferPointer { d in
              guard let weight = weight.baseAddress, let bias = bias.baseAddress,
                let aLog = aLog.baseAddress, let d = d.baseAddress
              else { return }
              var weights = vk_scan_weights(
                directions: 4, channels: channels, states: states, rank: rank, delta_weight: weight,
                delta_bias: bias, a_log: aLog, d: d)
              kernels.selective_scan_pack(&weights, packed.pointer)
            }
          }
        }
      }
    }

    /// Scans channels of one direction into `y`.
    func scan(direction: Int, _ channels: Range<Int>, accumulate: Bool, into y: GuardedRows) {
      var scan = vk_scan(
        height: height, width: width, channels: self.channels, states: states, rank: rank,
        x: x.pointer, x_stride: x.stride,
        projection: projection.pointer + direction * (rank + 2 * states),
        projection_stride: projection.stride, packed: packed.pointer, y: y.pointer,
        y_stride: y.stride)
      kernels.selective_scan(
        &scan, direction, channels.lowerBound, channels.upperBound, accumulate ? 1 : 0,
        scratch.pointer)
    }

    func expected() -> [Double] {
      let weights = ReferenceScanWeights<Double>(
        deltaWeight: ReferenceTensor([4, channels, rank], deltaWeight),
        deltaBias: ReferenceTensor([4, channels], deltaBias),
        aLog: ReferenceTensor([4 * channels, states], aLog),
        d: ReferenceTensor([4 * channels], d))
      return x.image(height: height, width: width).omniScan(
        projection: projection.image(height: height, width: width), weights: weights
      ).pixels
    }
  }

  @Test(arguments: KernelTables.names)
  func fourDirectionsAreThoseOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 7000
    for (height, width) in [
      (1, 7), (6, 1), (5, 7), (3, 17), (2, 67), (66, 1), (1, 1), (0, 3), (3, 0),
    ] {
      for channels in KernelTables.sizes(kernels) {
        for (states, rank) in [(16, 1), (16, 3), (5, 2), (1, 1), (17, 2)] {
          seed += 1
          let test = Case(
            kernels, height: height, width: width, channels: channels, states: states,
            rank: rank, seed: seed)
          let y = GuardedRows(height * width, channels, spare: 4, shift: 3)
          for direction in 0..<4 {
            test.scan(direction: direction, 0..<channels, accumulate: direction > 0, into: y)
          }
          let context =
            "\(isa) \(height)x\(width) C \(channels) S \(states) R \(rank) seed \(seed)"
          let expected = test.expected()
          let scale = expected.reduce(1) { max($0, abs($1)) }
          expectClose(y.values, expected, context) { _ in 2e-6 * scale }
          #expect(
            y.isIntact && test.packed.isIntact && test.scratch.isIntact && test.x.isIntact,
            "\(context)")
        }
      }
    }
  }

  @Test(arguments: KernelTables.names)
  func aChannelDoesNotDependOnTheRangeItIsIn(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let channels = 3 * kernels.lanes + 2
    for states in [16, 6] {
      let test = Case(
        kernels, height: 4, width: 11, channels: channels, states: states, rank: 2, seed: 12)
      let whole = GuardedRows(44, channels)
      let parts = GuardedRows(44, channels)
      for direction in 0..<4 {
        test.scan(direction: direction, 0..<channels, accumulate: direction > 0, into: whole)
        for begin in stride(from: 0, to: channels, by: kernels.lanes) {
          test.scan(
            direction: direction, begin..<min(begin + kernels.lanes, channels),
            accumulate: direction > 0, into: parts)
        }
      }
      #expect(parts.values.map(\.bitPattern) == whole.values.map(\.bitPattern), "\(isa)")
    }
  }

  @Test(arguments: KernelTables.names)
  func aSlowlyDecayingStateKeepsItsAccuracyOverALongScan(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    let (height, width, channels) = (128, 128, 2)
    let pixels = height * width
    let ones = [Float](repeating: 1, count: pixels * 4 * 33)
    let x = GuardedRows(pixels, channels, Array(ones.prefix(pixels * channels)))
    let projection = GuardedRows(pixels, 4 * 33, ones)
    // delta = softplus(-9 + 0) = 1.2e-4, A = -1: a memory of eight thousand pixels.
    let zeros = [Float](repeating: 0, count: 4 * channels * 16)
    let bias = [Float](repeating: -9, count: 4 * channels)
    let packed = GuardedRows(1, kernels.selective_scan_packed_count(4, channels, 16, 1))
    zeros.withUnsafeBufferPointer { zeros in
      bias.withUnsafeBufferPointer { bias in
        guard let zeros = zeros.baseAddress, let bias = bias.baseAddress else { return }
        var weights = vk_scan_weights(
          directions: 4, channels: channels, states: 16, rank: 1, delta_weight: zeros,
          delta_bias: bias,
          a_log: zeros, d: zeros)
        kernels.selective_scan_pack(&weights, packed.pointer)
      }
    }
    let y = GuardedRows(pixels, channels)
    var scan = vk_scan(
      height: height, width: width, channels: channels, states: 16, rank: 1, x: x.pointer,
      x_stride: x.stride, projection: projection.pointer, projection_stride: projection.stride,
      packed: packed.pointer, y: y.pointer, y_stride: y.stride)
    let scratch = GuardedRows(1, kernels.selective_scan_scratch_count(channels, 16))
    kernels.selective_scan(&scan, 0, 0, channels, 0, scratch.pointer)
    let delta = Double.softplus(-9)
    let decay = Double.exp(-delta)
    // All sixteen states are the geometric series.
    let last = 16 * delta * (1 - Double.exp(-delta * Double(pixels))) / (1 - decay)
    let error = abs(Double(y.values[pixels * channels - 1]) - last) / last
    #expect(error < 5e-4, "\(isa) \(error)")
  }

  @Test(arguments: KernelTables.names)
  func extremeOperandsGiveNeitherTrapsNorFalseNaNs(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    for states in [16, 3] {
      let channels = 2
      let deltaWeight: [Float] = Array(repeating: 1, count: 8)
      let bias: [Float] = [-200, 200, 0, 30, -30, 1e6, 0, 0]
      let aLog = (0..<8 * states).map { Float($0 % 5) * 60 - 120 }
      let packed = GuardedRows(1, kernels.selective_scan_packed_count(4, channels, states, 1))
      let scratch = GuardedRows(1, kernels.selective_scan_scratch_count(channels, states))
      deltaWeight.withUnsafeBufferPointer { weight in
        bias.withUnsafeBufferPointer { bias in
          aLog.withUnsafeBufferPointer { aLog in
            guard let weight = weight.baseAddress, let bias = bias.baseAddress,
              let aLog = aLog.baseAddress
            else { return }
            var weights = vk_scan_weights(
              directions: 4, channels: channels, states: states, rank: 1, delta_weight: weight,
              delta_bias: bias,
              a_log: aLog, d: weight)
            kernels.selective_scan_pack(&weights, packed.pointer)
          }
        }
      }
      let projected = 4 * (1 + 2 * states)
      var generator = SeededGenerator(seed: 3)
      var x = generator.floats(12 * channels)
      for poisoned in [false, true] {
        if poisoned { (x[4], x[9]) = (.nan, .infinity) }
        let input = GuardedRows(12, channels, x)
        let projection = GuardedRows(12, projected, generator.floats(12 * projected))
        let y = GuardedRows(12, channels)
        var scan = vk_scan(
          height: 3, width: 4, channels: channels, states: states, rank: 1, x: input.pointer,
          x_stride: input.stride, projection: projection.pointer,
          projection_stride: projection.stride, packed: packed.pointer, y: y.pointer,
          y_stride: y.stride)
        for direction in 0..<4 {
          scan.projection = UnsafePointer(
            projection.pointer + direction * (1 + 2 * states))
          kernels.selective_scan(
            &scan, direction, 0, channels, direction == 0 ? 0 : 1, scratch.pointer)
        }
        #expect(y.values.contains { !$0.isFinite } == poisoned, "\(isa) S \(states)")
        #expect(y.isIntact && scratch.isIntact)
      }
    }
  }
}
