import COpenBLAS
package import VMIRRuntime

/// OpenBLAS as a matrix product of `VMIRRuntime`, for programs; the library does without it.
package enum OpenBLAS {
  /// The product, whichever kernels OpenBLAS has chosen.
  package static let backend = GEMMBackend.external(
    ExternalGEMM(name: "openblas") {
      rowCount, n, k, x, xStride, weight, weightStride, adds, y, yStride in
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rowCount), blasint(n), blasint(k), 1, x,
        blasint(xStride), weight, blasint(weightStride), adds ? 1 : 0, y, blasint(yStride))
    })

  /// Name of the processor that OpenBLAS has chosen its kernels for, as `Haswell`.
  package static var coreName: String {
    openblas_get_corename().map { String(cString: $0) } ?? ""
  }

  /// The product, where OpenBLAS has recognised the processor.
  ///
  /// - Throws: `mistakenCore` where its kernels are of a time before what the processor has.
  package static func checkedBackend() throws(OpenBLASError) -> GEMMBackend {
    if let error = refusal(coreName: coreName, isas: Kernels.available) { throw error }
    return backend
  }

  /// Why kernels for a core should not run on a processor that has these instruction sets.
  ///
  /// A release of OpenBLAS that is older than a processor takes it for the oldest one of its kind,
  /// whose kernels have vectors of 128 bits and no fused multiply-add.
  ///
  /// - Parameters:
  ///   - coreName: As `openblas_get_corename` gives it; letters count without their case.
  ///   - isas: Names as in `Kernels.available`.
  /// - Returns: nil where they may run.
  package static func refusal(coreName: String, isas: [String]) -> OpenBLASError? {
    let isOld = coresBeforeAVX2.contains(coreName.lowercased())
    guard isOld, let core = ["avx512", "avx2"].first(where: { isas.contains($0) }) else {
      return nil
    }
    return .mistakenCore(
      name: coreName, isa: core, better: core == "avx512" ? "SKYLAKEX" : "HASWELL")
  }

  /// Cores of x86 whose kernels in OpenBLAS don't have AVX2 with FMA.
  private static let coresBeforeAVX2: Set<String> = [
    "generic", "katmai", "coppermine", "northwood", "prescott", "banias", "atom", "core2", "penryn",
    "dunnington", "nehalem", "sandybridge", "athlon", "opteron", "opteron_sse3", "barcelona",
    "bobcat", "bulldozer", "piledriver", "steamroller", "nano", "viac3",
  ]
}
