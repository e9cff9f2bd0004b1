import CVMIRKernels
import TestSupport
import Testing

/// The tables that this machine can run.
enum KernelTables {
  /// Their names.
  static let names: [String] = all.map { String(cString: $0.isa) }

  private static var all: [vk_kernels] {
    var result: [vk_kernels] = []
    while let table = vk_at(Int32(result.count)) { result.append(table.pointee) }
    return result.filter { vk_select($0.isa) != nil }
  }

  /// The table of that name.
  static func table(_ name: String) throws -> vk_kernels { try #require(vk_select(name)).pointee }

  /// Channel counts around the vector width.
  static func sizes(_ kernels: vk_kernels) -> [Int] {
    let lanes = kernels.lanes
    return [0, 1, lanes - 1, lanes, lanes + 1, 3 * lanes + 2]
  }
}

/// Expects `actual` to be `expected` within `tolerance(index)`, and says where it is not.
func expectClose(
  _ actual: [Float], _ expected: [Double], _ context: String,
  location: SourceLocation = #_sourceLocation, tolerance: (Int) -> Double
) {
  #expect(actual.count == expected.count, "\(context)", sourceLocation: location)
  for (index, (value, wanted)) in zip(actual, expected).enumerated() {
    let error = abs(Double(value) - wanted)
    // Written so that NaN fails.
    guard error <= tolerance(index) else {
      Issue.record(
        "\(context): [\(index)] is \(value), not \(wanted), off by \(error)",
        sourceLocation: location)
      return
    }
  }
}
