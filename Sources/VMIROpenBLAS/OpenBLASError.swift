package import VMIRCore

/// Why OpenBLAS should not multiply here.
package enum OpenBLASError: Diagnosed {
  /// OpenBLAS runs kernels for the core `name` on a processor that has `isa`; those of `better` fit.
  case mistakenCore(name: String, isa: String, better: String)

  package var diagnostic: Diagnostic {
    switch self {
    case .mistakenCore(let name, let isa, let better):
      Diagnostic(
        "OpenBLAS takes this processor, which has \(isa), for \(name) and would run its oldest "
          + "kernels; OPENBLAS_CORETYPE=\(better) chooses others, --gemm builtin does without it",
        .unsupported)
    }
  }
}
