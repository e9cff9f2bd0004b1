import Foundation
import ONNXModel
import TestSupport
import Testing
import TorchCheckpoint
import VMIRFile
import VMIRImage
import ZipArchive

/// `SECURITY.md` has every limit with its value.
@Suite struct SecurityPageTests {
  @Test func everyLimitIsOnThePageAndNoOther() throws {
    let page = try String(
      contentsOf: Fixtures.repository.appending(path: "SECURITY.md"), encoding: .utf8)
    var rows: Set<String> = []
    for limits: Any in [
      VMIRLimits(), CheckpointLimits(), ZipLimits(), ONNXLimits(), ImageLimits(), NpyLimits(),
    ] {
      for field in Mirror(reflecting: limits).children {
        guard let name = field.label, let value = field.value as? Int else { continue }
        rows.insert("| `\(type(of: limits)).\(name)` | \(text(value, isBytes: name)) |")
      }
    }
    #expect(rows.count > 40)
    for row in rows { #expect(page.contains(row), "\(row)") }
    let tableRows = page.split(separator: "\n").count { $0.contains("Limits.") }
    #expect(tableRows == rows.count)
  }

  /// `16 MiB` for a count of bytes that is one, `16777216` for others.
  private func text(_ value: Int, isBytes name: String) -> String {
    guard name.hasSuffix("ByteCount") else { return "\(value)" }
    for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] {
      if value & (1 << shift - 1) == 0 { return "\(value >> shift) \(unit)" }
    }
    return "\(value)"
  }
}
