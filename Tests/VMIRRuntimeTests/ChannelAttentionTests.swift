import TestSupport
import Testing
import VMIRGraph
import VMIRImport
import VMIROpenBLAS
import VMIRRuntime

/// Attention between channels in whole Restormers, at sizes at which it is cut into strips.
@Suite struct ChannelAttentionTests {
  private static func restormer(hasNormBias: Bool = true, channels: Int = 3) throws -> Graph {
    let body = RestormerBody(
      dim: 16, blockCounts: BlockCounts(levels: (1, 1, 1, 1), refinement: 1), heads: [1, 2, 2, 4],
      factor: 2.66, hasNormBias: hasNormBias, inputChannels: channels)
    let configuration = RestormerConfiguration(body)
    return try importNetwork(try configuration.randomTensors(seed: 5), source: nil).graph
  }

  @Test(arguments: [(40, 232), (136, 72), (264, 40)])
  func stripsGiveWhatTheUnfusedNetworkGives(height: Int, width: Int) throws {
    let graph = try Self.restormer()
    let expected = try Networks.run(
      graph, height: height, width: width, threadCount: 2, isFused: false)
    let found = try Networks.run(graph, height: height, width: width)
    let difference = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(found.count == expected.count && difference < 2e-5)
  }

  @Test(arguments: Kernels.available)
  func theResultIsTheSameBitForBitOnAnyNumberOfThreads(isa: String) throws {
    let graph = try Self.restormer(hasNormBias: false)
    for gemm in [GEMMBackend.builtIn, OpenBLAS.backend] {
      let one = try Networks.run(graph, height: 72, width: 104, isa: isa, gemm: gemm)
      for threadCount in [2, 3, 7] {
        let many = try Networks.run(
          graph, height: 72, width: 104, isa: isa, gemm: gemm, threadCount: threadCount)
        let isEqual = many == one
        #expect(isEqual, "\(isa) \(gemm.name) on \(threadCount) threads")
      }
    }
  }

  @Test(arguments: [false, true], [8, 104])
  func aBlackPictureStaysBlackWhereNoBiasCountsInIt(isFused: Bool, width: Int) throws {
    let graph = try Self.restormer(hasNormBias: false)
    let image = TestImage(
      height: 72, width: width, channels: 3,
      pixels: [Float](repeating: 0, count: 72 * width * 3))
    for isa in Kernels.available {
      let runner = try Runner(graph, height: 72, width: width, isa: isa, isFused: isFused)
      let isBlack = runner.run(image).allSatisfy { $0 == 0 }
      #expect(isBlack, "\(isa)")
    }
  }
}
