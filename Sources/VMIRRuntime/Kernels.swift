import CVMIRKernels

/// The kernels of one instruction set, chosen once and used by everything that is packed for them.
package struct Kernels: Sendable {
  // SAFETY: points at one of the constant tables of CVMIRKernels, which live as long as the process.
  nonisolated(unsafe) let table: UnsafePointer<vk_kernels>

  /// The kernels named `isa`, one of `names`, or the fastest that run here.
  ///
  /// - Returns: nil where the name is unknown or this processor can't run them.
  package init?(isa: String? = nil) {
    let found: UnsafePointer<vk_kernels>? =
      if let isa { isa.withCString { vk_select($0) } } else { vk_select(nil) }
    guard let found else { return nil }
    table = found
  }

  /// Name of the instruction set.
  package var isa: String { String(cString: table.pointee.isa) }

  /// The same as a C string that lives as long as the process.
  package var name: UnsafePointer<CChar> { table.pointee.isa }

  /// Floats in a vector.
  var lanes: Int { table.pointee.lanes }

  /// Names of all instruction sets that there are kernels for, also on other processors: `generic`,
  /// then those of each architecture, slowest first.
  package static var names: [String] { names { _ in true } }

  /// Names of all instruction sets that this processor can run, slowest first.
  package static var available: [String] { names { vk_isa_supported($0) == 1 } }

  /// `generic, avx2`: names as help texts and errors list them.
  package static func text(_ names: [String]) -> String {
    var text = ""
    for name in names { text += (text.utf8.isEmpty ? "" : ", ") + name }
    return text
  }

  private static func names(where isWanted: (Int32) -> Bool) -> [String] {
    var names: [String] = []
    for index in 0..<vk_isa_count() where isWanted(index) {
      if let name = vk_isa_name(index) { names.append(String(cString: name)) }
    }
    return names
  }
}
