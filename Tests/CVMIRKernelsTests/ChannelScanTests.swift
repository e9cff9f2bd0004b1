import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

@Suite struct ChannelScanTests {
  /// Runs the kernel and the reference on random weights and compares.
  func check(
    _ kernels: vk_kernels, channels: Int, inner: Int, states: Int, rank: Int, convolved: Bool,
    seed: UInt64
  ) {
    var generator = SeededGenerator(seed: seed)
    let pooled = GuardedRows(generator.floats(channels))
    let inputWeight = GuardedRows(generator.floats(inner))
    let inputBias = GuardedRows(generator.floats(inner))
    let projection = GuardedRows(generator.floats(2 * (rank + 2 * states) * inner))
    let deltaWeight = GuardedRows(generator.floats(2 * inner * rank))
    let deltaBias = GuardedRows(generator.floats(2 * inner, in: -4...2))
    let aLog = GuardedRows(generator.floats(2 * inner * states, in: -2...3))
    let d = GuardedRows(generator.floats(2 * inner))
    let outputWeight = GuardedRows(generator.floats(inner))
    let outputBias = GuardedRows(generator.floats(1))
    let scratch = GuardedRows(
      1, kernels.channel_scan_scratch_count(channels, inner, states, rank))
    let y = GuardedRows(1, channels, shift: 3)
    func optional(_ rows: GuardedRows) -> UnsafePointer<Float>? {
      convolved ? UnsafePointer(rows.pointer) : nil
    }
    var scan = vk_channel_scan(
      channels: channels, inner: inner, states: states, rank: rank,
      input_weight: optional(inputWeight), input_bias: optional(inputBias),
      projection_weight: projection.pointer, delta_weight: deltaWeight.pointer,
      delta_bias: deltaBias.pointer, a_log: aLog.pointer, d: d.pointer,
      output_weight: optional(outputWeight), output_bias: optional(outputBias))
    kernels.channel_scan(&scan, pooled.pointer, y.pointer, scratch.pointer)

    func tensor(_ rows: GuardedRows, _ shape: [Int]) -> ReferenceTensor<Double> {
      ReferenceTensor(shape, rows.values)
    }
    let weights = ReferenceChannelScanWeights<Double>(
      inputWeight: convolved ? tensor(inputWeight, [inner]) : nil,
      inputBias: convolved ? tensor(inputBias, [inner]) : nil,
      projectionWeight: tensor(projection, [2, rank + 2 * states, inner]),
      scan: ReferenceScanWeights(
        deltaWeight: tensor(deltaWeight, [2, inner, rank]),
        deltaBias: tensor(deltaBias, [2, inner]), aLog: tensor(aLog, [2 * inner, states]),
        d: tensor(d, [2 * inner])),
      outputWeight: convolved ? tensor(outputWeight, [inner]) : nil,
      outputBias: convolved ? tensor(outputBias, [1]) : nil)
    let expected = tensor(pooled, [1, channels, 1, 1]).channelScan(weights).elements
    let scale = expected.reduce(1) { max($0, abs($1)) }
    let context =
      "\(String(cString: kernels.isa)) C \(channels) dc \(inner) S \(states) r \(rank) seed \(seed)"
    expectClose(y.values, expected, context) { _ in 3e-6 * scale }
    #expect(y.isIntact && scratch.isIntact, "\(context)")
  }

  @Test(arguments: KernelTables.names)
  func channelScanIsThatOfTheReference(_ isa: String) throws {
    let kernels = try KernelTables.table(isa)
    var seed: UInt64 = 8000
    for channels in KernelTables.sizes(kernels) {
      for (inner, states, rank) in [(4, 16, 6), (2, 16, 6), (17, 5, 1), (1, 3, 2), (3, 18, 2)] {
        seed += 1
        check(
          kernels, channels: channels, inner: inner, states: states, rank: rank, convolved: true,
          seed: seed)
      }
      check(
        kernels, channels: channels, inner: 1, states: 16, rank: 3, convolved: false, seed: seed)
    }
  }
}
