import Foundation
import TestSupport
import Testing
import VMIRReference

/// One case of `Tests/Fixtures/ops/ops.json`: operands and PyTorch's result.
struct OpsFixture {
  private struct Stored: Decodable {
    let shape: [Int]
    let elements: [Double]
  }

  private let tensors: [String: Stored]

  /// The case of that name.
  init(_ name: String) throws {
    let all = try JSONDecoder().decode(
      [String: [String: Stored]].self, from: Data(try Fixtures.bytes("ops/ops.json")))
    tensors = try #require(all[name])
  }

  /// An operand in double.
  func callAsFunction(_ name: String) throws -> ReferenceTensor<Double> {
    let stored = try #require(tensors[name])
    return ReferenceTensor(shape: stored.shape, elements: stored.elements)
  }

  /// Expects a result to be PyTorch's, within rounding of float64.
  func expect(
    _ result: ReferenceTensor<Double>, location: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try self("result")
    #expect(result.shape == expected.shape, sourceLocation: location)
    let error = zip(result.elements, expected.elements).map { abs($0 - $1) / (1 + abs($1)) }.max()
    #expect(try #require(error) < 1e-13, sourceLocation: location)
  }

  /// The weights of a scan, under their names in the fixture.
  func scanWeights() throws -> ReferenceScanWeights<Double> {
    ReferenceScanWeights(
      deltaWeight: try self("delta_weight"), deltaBias: try self("delta_bias"),
      aLog: try self("a_logs"), d: try self("d"))
  }
}
