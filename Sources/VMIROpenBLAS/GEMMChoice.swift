package import VMIRRuntime

/// What `--gemm` takes.
package enum GEMMChoice: String, Equatable, Sendable, CaseIterable {
  /// The kernels of this project.
  case builtIn = "builtin"
  /// OpenBLAS, called on one thread for each block of rows.
  case openBLAS = "openblas"

  /// The names, as help texts list them.
  package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// What multiplies.
  ///
  /// - Throws: `mistakenCore`.
  package func backend() throws(OpenBLASError) -> GEMMBackend {
    switch self {
    case .builtIn: .builtIn
    case .openBLAS: try OpenBLAS.checkedBackend()
    }
  }
}
