import Testing
import VMIRGraph
import VMIRImport
import VMIROpenBLAS
import VMIRRuntime

@Suite struct ConsistencyTests {
  private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    #expect(a.count == b.count)
    #expect(a.allSatisfy { $0.isFinite })
    return zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
  }

  @Test(arguments: VmambaIRVariant.allCases)
  func theResultIsTheSameBitForBitOnAnyNumberOfThreads(architecture: VmambaIRVariant) throws {
    let graph = try Networks.random(architecture)
    for isa in Kernels.available {
      for gemm in [GEMMBackend.builtIn, OpenBLAS.backend] {
        let one = try Networks.run(graph, isa: isa, gemm: gemm, threadCount: 1)
        for threadCount in [2, 3, 7] {
          let many = try Networks.run(graph, isa: isa, gemm: gemm, threadCount: threadCount)
          let isEqual = many == one
          #expect(isEqual, "\(isa) \(gemm.name) on \(threadCount) threads")
        }
      }
    }
  }

  /// Sizes at which images are cut into several tiles and strips, with rests.
  @Test(arguments: [(40, 232), (136, 72), (8, 144), (144, 8)])
  func imagesOfSeveralTilesGiveWhatTheUnfusedNetworkGives(height: Int, width: Int) throws {
    let graph = try Networks.random(.mambaSISR6)
    let expected = try Networks.run(
      graph, height: height, width: width, threadCount: 2, isFused: false)
    let one = try Networks.run(graph, height: height, width: width, threadCount: 1)
    let three = try Networks.run(graph, height: height, width: width, threadCount: 3)
    #expect(largestDifference(one, expected) < 2e-5)
    let isEqual = one == three
    #expect(isEqual)
  }

  @Test(arguments: VmambaIRVariant.allCases)
  func everyKernelTableAndBackendAgreesWithTheOthers(architecture: VmambaIRVariant) throws {
    let graph = try Networks.random(architecture)
    let expected = try Networks.run(graph, isa: "generic", isFused: false)
    for isa in Kernels.available {
      for gemm in [GEMMBackend.builtIn, OpenBLAS.backend] {
        for isFused in [false, true] {
          let found = try Networks.run(graph, isa: isa, gemm: gemm, isFused: isFused)
          #expect(
            largestDifference(found, expected) < 2e-5,
            "\(isa) \(gemm.name) fused \(isFused)")
        }
      }
    }
  }
}
