import Testing
import VMIRCore
import VMIROpenBLAS
import VMIRRuntime

@Suite struct OpenBLASTests {
  @Test(arguments: [
    "Prescott", "Core2", "Nehalem", "NEHALEM", "Sandybridge", "Opteron_SSE3", "generic",
  ])
  func oldKernelsAreRefusedOnANewProcessor(core: String) {
    #expect(
      OpenBLAS.refusal(coreName: core, isas: ["generic", "avx2", "avxvnni"])
        == .mistakenCore(name: core, isa: "avx2", better: "HASWELL"))
    #expect(
      OpenBLAS.refusal(coreName: core, isas: ["generic", "avx2", "avx512", "avx512vnni"])
        == .mistakenCore(name: core, isa: "avx512", better: "SKYLAKEX"))
  }

  @Test(arguments: ["Prescott", "Nehalem", "generic"])
  func oldKernelsMayRunOnAnOldProcessor(core: String) {
    #expect(OpenBLAS.refusal(coreName: core, isas: ["generic"]) == nil)
  }

  @Test(arguments: ["Haswell", "Zen", "SkylakeX", "Cooperlake", "Sapphirerapids", "Excavator"])
  func newKernelsMayRun(core: String) {
    #expect(OpenBLAS.refusal(coreName: core, isas: ["generic", "avx2", "avx512"]) == nil)
  }

  @Test func otherArchitecturesAreLeftAlone() {
    for core in ["armv8", "neoversen1", "generic"] {
      #expect(OpenBLAS.refusal(coreName: core, isas: ["generic", "neon"]) == nil)
    }
  }

  @Test func theRefusalNamesTheVariableAndMeansUnsupported() throws {
    let error = try #require(OpenBLAS.refusal(coreName: "Prescott", isas: ["avx2"]))
    #expect(error.exitStatus == .unsupported && error.errorClass == .unsupported)
    #expect(error.diagnosis.contains("Prescott"))
    #expect(error.diagnosis.contains("OPENBLAS_CORETYPE=HASWELL"))
  }

  @Test func theCoreOfThisProcessorHasAName() { #expect(!OpenBLAS.coreName.isEmpty) }

  @Test func builtInNeedsNoOpenBLAS() throws {
    #expect(try GEMMChoice.builtIn.backend() == .builtIn)
  }
}
