/// The GEMM implementation.
package enum GEMMBackend: Equatable, Sendable {
  /// The kernels of this project.
  case builtIn
  /// A function from outside, which takes weights as they are.
  case external(ExternalGEMM)

  /// `builtin`, or the name of the function from outside.
  package var name: StaticString {
    switch self {
    case .builtIn: "builtin"
    case .external(let gemm): gemm.name
    }
  }
}

/// A GEMM from another library.
package struct ExternalGEMM: Equatable, Sendable {
  /// `y [m][n] = x [m][k] * weight^T`, or that added to `y`.
  ///
  /// - `rowCount`, `n` and `k` may be 0.
  /// - `weight` is `[n][k]` without gaps between rows that are `weightStride` floats apart; rows of
  ///   `x` and `y` are `xStride` and `yStride` floats apart.
  /// - Called from several threads at a time.
  package typealias Function =
    @convention(c) (
      _ rowCount: Int, _ n: Int, _ k: Int, _ x: UnsafePointer<Float>, _ xStride: Int,
      _ weight: UnsafePointer<Float>, _ weightStride: Int, _ accumulates: Bool,
      _ y: UnsafeMutablePointer<Float>, _ yStride: Int
    ) -> Void

  /// Name as `--gemm` takes it; distinct for distinct functions.
  package let name: StaticString
  /// The product.
  let multiply: Function

  /// A product of this name.
  package init(name: StaticString, multiply: @escaping Function) {
    self.name = name
    self.multiply = multiply
  }

  /// Whether the names are the same, which stand for the functions.
  package static func == (a: ExternalGEMM, b: ExternalGEMM) -> Bool {
    a.name.withUTF8Buffer { a in b.name.withUTF8Buffer { a.elementsEqual($0) } }
  }
}
