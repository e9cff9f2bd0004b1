import Foundation
import TestSupport
import Testing
import VMIRImage
import VMIROpenBLAS
import VMIRRuntime

/// A row of `Tests/Fixtures/networks/index.json`.
struct NetworkRow: Decodable, Sendable, CustomTestStringConvertible {
  let model: String
  let key: String?
  let input: String?
  let output: String?
  let max_abs: Double?
  let min_psnr: Double?
  let nodes: String?
  let refuse: Bool?
  let tensor: String?

  var testDescription: String {
    [model, key ?? "", input ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
  }

  static let all: [NetworkRow] = {
    let bytes = try? Fixtures.bytes("networks/index.json")
    return (try? JSONDecoder().decode([NetworkRow].self, from: Data(bytes ?? []))) ?? []
  }()
}

/// Whole networks, converted and run by the tools, beside what PyTorch makes of them.
@Suite struct NetworkTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  @Test func theIndexHasNetworksToRunAndToRefuse() {
    #expect(NetworkRow.all.count { $0.refuse != true } >= 10)
    #expect(NetworkRow.all.count { $0.refuse == true } >= 5)
  }

  @Test(arguments: NetworkRow.all.filter { $0.refuse != true })
  func aNetworkMakesWhatPyTorchMakesOnEveryISA(row: NetworkRow) throws {
    let stem = String(row.model.dropLast(4))
    let model = try place.model(stem, row.key.map { ["--key", $0] } ?? [])
    let expected = try NpyArray.decode(
      Fixtures.bytes("networks/\(try #require(row.output))"))
    let input = Fixtures.path("networks/\(try #require(row.input))")
    let output = place.folder.file("out.npy")
    for isa in Kernels.available {
      for gemm in GEMMChoice.allCases {
        let run = try ToolRun(
          .run, [model, input, "-o", output, "--isa", isa, "--gemm", gemm.rawValue, "-q"])
        #expect(run.status == 0, "\(run.err)")
        let found = try place.array(at: output)
        #expect(found.shape == expected.shape)
        let metrics = try #require(ImageMetrics(found.values, expected.values))
        let limit = try #require(row.max_abs)
        #expect(metrics.maxAbsolute <= limit, "\(isa) \(gemm.rawValue)")
        #expect(metrics.psnr >= (try #require(row.min_psnr)), "\(isa) \(gemm.rawValue)")
      }
    }
  }

  @Test(arguments: Set(NetworkRow.all.compactMap { $0.nodes }).sorted())
  func everyNodeMakesWhatPyTorchMakes(archive: String) throws {
    let row = try #require(NetworkRow.all.first { $0.nodes == archive })
    let model = try place.model(String(row.model.dropLast(4)))
    let run = try ToolRun(
      .validate,
      [model, "--reference", Fixtures.path("networks/\(archive)"), "--per-node", "--json"])
    #expect(run.status == 0, "\(run.err)")
    let result = try #require((try run.json()["results"] as? [[String: Any]])?.first)
    let nodes = try #require(result["nodes"] as? [String: Any])
    #expect(try #require(nodes["compared"] as? Int) > 100)
  }

  @Test(arguments: NetworkRow.all.filter { $0.refuse == true })
  func aCheckpointThatIsNoNetworkIsRefusedForItsReason(row: NetworkRow) throws {
    let path = Fixtures.path("networks/\(row.model)")
    let target = place.folder.file("out.vmir")
    let run = try ToolRun(.convert, [path, "-o", target])
    #expect(run.status == 65 || run.status == 69)
    #expect(run.errorLines.count == 1)
    #expect(run.err.hasPrefix("error: \(path): "))
    if let tensor = row.tensor { #expect(run.err.contains(tensor)) }
    #expect(run.out == "")
    #expect(try place.folder.names() == [])
  }
}
