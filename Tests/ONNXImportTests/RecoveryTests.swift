import ONNXModel
import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore
import VMIRGraph
import VMIRImport

/// Exports of published networks give the networks of their checkpoints.
@Suite struct RecoveryTests {
  static let pairs = [
    ("sisr", "sisr.dynamic"), ("realsr", "realsr.custom"), ("derain32", "derain32.scan"),
    ("derain32", "derain32.loop"), ("derain33", "derain33.renamed"), ("realsr", "realsr.attention"),
  ]

  @Test(arguments: pairs)
  func theGraphIsThatOfTheCheckpoint(checkpoint: String, export: String) throws {
    let (expected, found) = try networks(checkpoint, export)
    let options = GraphTextOptions(showsSource: false)
    #expect(found.graph.text(options) == expected.graph.text(options))
    #expect(
      found.configuration as? VmambaIRConfiguration
        == expected.configuration as? VmambaIRConfiguration)
  }

  @Test(arguments: pairs)
  func theWeightsAreThoseOfTheCheckpoint(checkpoint: String, export: String) throws {
    let (expected, found) = try networks(checkpoint, export)
    for (a, b) in zip(expected.graph.constants, found.graph.constants) {
      let (left, right) = (try a.load().floats(), try b.load().floats())
      if a.name.hasSuffix("_logs") {
        // The new exporter stores -exp(x): the logarithm comes back to within its rounding.
        for (x, y) in zip(left, right) {
          #expect(abs(x - y) <= 1e-6 * max(1, abs(x)), "\(a.name): \(x) and \(y)")
        }
      } else {
        #expect(left == right, "\(a.name)")
      }
    }
  }

  @Test func theFormsOfTheScansAreTold() throws {
    let forms = try RecoveryTests.pairs.map { try networks($0.0, $0.1).found.scanForms }
    #expect(
      forms == [
        ["vmamba::SelectiveScan"], ["vmamba::SelectiveScan"], ["Scan"], ["Loop"],
        ["vmamba::SelectiveScan"], ["com.microsoft::LinearAttention"],
      ])
  }

  @Test func aWrongArchitectureIsRefused() throws {
    let model = try ONNXModel.open(path: Fixtures.path("onnx/derain32.scan.onnx"))
    #expect(
      throws: ImportError.contradiction(
        variant: "Mamber33", reason: "the graph computes Mamber32")
    ) {
      _ = try importNetwork(model, source: nil, options: ImportOptions(variant: "Mamber33"))
    }
  }

  @Test func aLogarithmOfAnExponentialComesBack() {
    var generator = SeededGenerator(seed: 1)
    for x in generator.floats(1000, in: -8...8) {
      let a = -Float(exponential(Double(x)))
      let found = logarithm(ofNegated: a)
      let error = abs(exponential(Double(found)) + Double(a))
      #expect(error <= abs(exponential(Double(x)) + Double(a)), "\(x)")
    }
  }

  private func networks(
    _ checkpoint: String, _ export: String
  ) throws -> (expected: ImportedNetwork, found: ImportedONNX) {
    let file = try TorchCheckpoint.open(path: Fixtures.path("onnx/\(checkpoint).pth"))
    let model = try ONNXModel.open(path: Fixtures.path("onnx/\(export).onnx"))
    return (
      try importNetwork(file, key: nil, source: nil).network,
      try importNetwork(model, source: nil)
    )
  }
}
