import CVMIRKernels

/// The kernels of one instruction set, chosen once and used by everything that is packed for them.
public struct Kernels: Sendable {
  // SAFETY: points at one of the constant tables of CVMIRKernels, which live as long as the process.
  nonisolated(unsafe) let table: UnsafePointer<vk_kernels>

  /// The kernels named `isa` (`generic`, `avx2`, `avxvnni`, `avx512`,
  /// `avx512vnni`, `neon`, `neon+dotprod`), or the fastest that run here.
  ///
  /// - Returns: nil where the name is unknown or this processor can't run them.
  public init?(isa: String? = nil) {
    let found: UnsafePointer<vk_kernels>? =
      if let isa { isa.withCString { vk_select($0) } } else { vk_select(nil) }
    guard let found else { return nil }
    table = found
  }

  /// Name of the instruction set.
  public var isa: String { String(cString: table.pointee.isa) }

  /// Floats in a vector.
  var lanes: Int { table.pointee.lanes }

  /// Names of all instruction sets that this processor can run, slowest first.
  public static var available: [String] {
    var names: [String] = []
    var index: Int32 = 0
    while let table = vk_at(index) {
      if vk_supported(table) == 1 { names.append(String(cString: table.pointee.isa)) }
      index += 1
    }
    return names
  }
}

/// Who multiplies matrices.
public enum GEMMBackend: String, Equatable, Sendable, CaseIterable {
  /// The kernels of this project; the only one in the edge build.
  case builtIn = "builtin"
  /// OpenBLAS, called on one thread for each block of rows.
  case openBLAS = "openblas"

  /// Whether this build has it.
  public var isAvailable: Bool {
    #if VMIR_EDGE
      self == .builtIn
    #else
      true
    #endif
  }
}
