import Foundation
import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore
import VMIRGraph
import VMIRImport
import VMIRReference
import ZipArchive

/// A row of `Fixtures/networks/index.json`: a checkpoint, an input and PyTorch's output for it.
private struct Row: Decodable, Sendable, CustomTestStringConvertible {
  let model: String
  let key: String?
  let input: String?
  let output: String?
  let max_abs: Double?
  let nodes: String?

  var testDescription: String { "\(model) \(key ?? "") \(input ?? "")" }

  static let all: [Row] = {
    let rows = try? JSONDecoder().decode(
      [Row].self, from: Data(contentsOf: URL(fileURLWithPath: Fixtures.path("networks/index.json")))
    )
    return (rows ?? []).filter { $0.output != nil }
  }()

  /// One row for each file of intermediate results.
  static var withNodes: [Row] {
    var seen: Set<String> = []
    return all.filter { row in row.nodes.map { seen.insert($0).inserted } ?? false }
  }

  func graph() throws -> Graph {
    let checkpoint = try TorchCheckpoint.open(path: Fixtures.path("networks/\(model)"))
    return try importNetwork(checkpoint, key: key, source: nil).network.graph
  }

  func array(_ name: String?) throws -> NumPyFile {
    let name = try #require(name)
    return try #require(NumPyFile(try Fixtures.bytes("networks/\(name)")))
  }
}

extension ReferenceTensor {
  /// The image with its right and bottom edge mirrored up to a multiple of `step`; where there is
  /// nothing left to mirror, the last mirrored pixel is repeated.
  fileprivate func padded(toMultipleOf step: Int) -> ReferenceTensor {
    func up(_ side: Int) -> Int { (side + step - 1) / step * step }
    func source(_ position: Int, _ side: Int) -> Int {
      position < side ? position : max(0, 2 * side - 2 - position)
    }
    var result = ReferenceTensor(zeros: [shape[0], shape[1], up(shape[2]), up(shape[3])])
    for c in 0..<shape[1] {
      for h in 0..<result.shape[2] {
        for w in 0..<result.shape[3] {
          result[0, c, h, w] = self[0, c, source(h, shape[2]), source(w, shape[3])]
        }
      }
    }
    return result
  }

  /// The greatest distance from `expected`, over whose height and width the image is looked at.
  fileprivate func distance(from expected: ReferenceTensor) -> Scalar {
    var worst: Scalar = shape[1] == expected.shape[1] ? 0 : .infinity
    for c in 0..<min(shape[1], expected.shape[1]) {
      for h in 0..<expected.shape[2] {
        for w in 0..<expected.shape[3] {
          let distance = abs(self[0, c, h, w] - expected[0, c, h, w])
          worst = distance <= worst ? worst : distance
        }
      }
    }
    return worst
  }
}

@Suite struct WholeNetworkTests {
  @Test func thereAreNetworks() {
    #expect(Row.all.count > 8)
    #expect(!Row.withNodes.isEmpty)
  }

  @Test(arguments: Row.all)
  fileprivate func outputsAreThoseOfPyTorch(_ row: Row) throws {
    let graph = try row.graph()
    let (input, output) = (try row.array(row.input), try row.array(row.output))
    let multiple = graph.metadata.sizeMultiple
    let double = try ReferenceInterpreter<Double>(graph).run(
      input.tensor().padded(toMultipleOf: multiple))
    // The stored output was computed in double precision and rounded once.
    #expect(double.distance(from: output.tensor()) < 1e-6)
    let single = try ReferenceInterpreter<Float>(graph).run(
      input.tensor().padded(toMultipleOf: multiple))
    let limit = try #require(row.max_abs)
    #expect(Double(single.distance(from: output.tensor())) <= limit)
  }

  @Test(arguments: Row.withNodes)
  fileprivate func everyNodeIsThatOfPyTorch(_ row: Row) throws {
    let name = try #require(row.nodes)
    let archive = try ZipArchive(file: try FileSource(path: Fixtures.path("networks/\(name)")))
    func array(_ name: String) throws -> NumPyFile? {
      guard let entry = archive.entry(named: name + ".npy") else { return nil }
      return NumPyFile(try archive.read(entry))
    }
    var results: [String: ReferenceTensor<Double>] = [:]
    let stored = try array("input")
    let input = try #require(stored)
    _ = try ReferenceInterpreter<Double>(try row.graph()).run(input.tensor()) { node, values in
      if values.count == 1 { results[node.name] = values[0] }
    }
    // Steps inside of one node of the graph.
    let inside = [".attn.conv_cin", ".attn.conv_cout"]
    let names = archive.entries.map { $0.name }.filter { $0.hasPrefix("nodes/") }
      .map { $0.dropFirst("nodes/".count).dropLast(".npy".count) }
      .filter { name in name != "input" && !inside.contains { name.hasSuffix($0) } }
    #expect(names.count > 100)
    for name in names {
      let stored = try array("nodes/\(name)")
      let expected = try #require(stored)
      let found = try #require(results[String(name)], "no node \(name)")
      #expect(found.shape == expected.shape)
      let size = expected.floats.map { Double(abs($0)) }.max() ?? 0
      #expect(found.distance(from: expected.tensor()) < 1e-6 * max(size, 1), "node \(name)")
    }
  }
}
