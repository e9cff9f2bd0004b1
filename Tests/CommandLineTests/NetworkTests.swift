import Foundation
import TestSupport
import Testing
import VMIRImage
import VMIROpenBLAS
import VMIRRuntime

/// A row of `index.json` in a folder of `Tests/Fixtures`.
struct NetworkRow: Decodable, Sendable, CustomTestStringConvertible {
  let model: String
  /// Further options of vmir-convert; `$FOLDER` is that of the index.
  let convert: [String]?
  let key: String?
  let input: String?
  let output: String?
  let max_abs: Double?
  let min_psnr: Double?
  let nodes: String?
  let refuse: Bool?
  let tensor: String?

  var testDescription: String {
    ([folder ?? "", model, key ?? "", input ?? ""] + (convert ?? [])).filter { !$0.isEmpty }
      .joined(separator: " ")
  }

  /// The folder of the index.
  private(set) var folder: String?

  static let all = rows("networks")
  /// By folder: the fewest networks to run and to refuse.
  static let counts: [(folder: String, run: Int, refuse: Int)] = [
    ("networks", 10, 5), ("convolutional", 25, 4), ("swin", 13, 4), ("restormer", 6, 3),
    ("state-space", 20, 4),
  ]
  /// Those of all folders.
  static let everywhere = counts.flatMap { rows($0.folder) }

  private static func rows(_ folder: String) -> [NetworkRow] {
    let bytes = try? Fixtures.bytes("\(folder)/index.json")
    let rows = (try? JSONDecoder().decode([NetworkRow].self, from: Data(bytes ?? []))) ?? []
    return rows.map { row in
      var row = row
      row.folder = folder
      return row
    }
  }
}

/// Whole networks, converted and run by the tools, beside what PyTorch makes of them.
@Suite struct NetworkTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  @Test(arguments: NetworkRow.counts)
  func theIndexHasNetworksToRunAndToRefuse(folder: String, run: Int, refuse: Int) {
    let rows = NetworkRow.everywhere.filter { $0.folder == folder }
    #expect(rows.count { $0.refuse != true } >= run)
    #expect(rows.count { $0.refuse == true } >= refuse)
  }

  @Test(arguments: NetworkRow.everywhere.filter { $0.refuse != true })
  func aNetworkMakesWhatPyTorchMakesOnEveryISA(row: NetworkRow) throws {
    let folder = try #require(row.folder)
    let stem = String(row.model.dropLast(4))
    let options = (row.convert ?? []).map {
      $0.replacingOccurrences(of: "$FOLDER", with: Fixtures.path(folder))
    }
    let key = row.key.map { ["--key", $0] } ?? []
    let model = try place.model(stem, key + options, of: folder)
    let expected = try NpyArray.decode(
      Fixtures.bytes("\(folder)/\(try #require(row.output))"))
    let input = Fixtures.path("\(folder)/\(try #require(row.input))")
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

  @Test(arguments: NetworkRow.everywhere.filter { $0.refuse == true })
  func aCheckpointThatIsNoNetworkIsRefusedForItsReason(row: NetworkRow) throws {
    let path = Fixtures.path("\(try #require(row.folder))/\(row.model)")
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
