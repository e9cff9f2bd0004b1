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
    ([model, key ?? "", input ?? ""] + (convert ?? [])).filter { !$0.isEmpty }
      .joined(separator: " ")
  }

  static let all = rows("networks")
  static let convolutional = rows("convolutional")
  static let swin = rows("swin")
  static let restormer = rows("restormer")
  static let stateSpace = rows("state-space")

  private static func rows(_ folder: String) -> [NetworkRow] {
    let bytes = try? Fixtures.bytes("\(folder)/index.json")
    return (try? JSONDecoder().decode([NetworkRow].self, from: Data(bytes ?? []))) ?? []
  }
}

/// Whole networks, converted and run by the tools, beside what PyTorch makes of them.
@Suite struct NetworkTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  @Test func theIndexHasNetworksToRunAndToRefuse() {
    #expect(NetworkRow.all.count { $0.refuse != true } >= 10)
    #expect(NetworkRow.all.count { $0.refuse == true } >= 5)
    #expect(NetworkRow.convolutional.count { $0.refuse != true } >= 25)
    #expect(NetworkRow.convolutional.count { $0.refuse == true } >= 4)
    #expect(NetworkRow.swin.count { $0.refuse != true } >= 13)
    #expect(NetworkRow.swin.count { $0.refuse == true } >= 4)
    #expect(NetworkRow.restormer.count { $0.refuse != true } >= 6)
    #expect(NetworkRow.restormer.count { $0.refuse == true } >= 3)
    #expect(NetworkRow.stateSpace.count { $0.refuse != true } >= 20)
    #expect(NetworkRow.stateSpace.count { $0.refuse == true } >= 4)
  }

  @Test(arguments: NetworkRow.all.filter { $0.refuse != true })
  func aNetworkMakesWhatPyTorchMakesOnEveryISA(row: NetworkRow) throws {
    try check(row, in: "networks")
  }

  @Test(arguments: NetworkRow.convolutional.filter { $0.refuse != true })
  func aConvolutionalNetworkMakesWhatPyTorchMakesOnEveryISA(row: NetworkRow) throws {
    try check(row, in: "convolutional")
  }

  @Test(arguments: NetworkRow.swin.filter { $0.refuse != true })
  func aSwinIROrHATMakesWhatPyTorchMakesOnEveryISA(row: NetworkRow) throws {
    try check(row, in: "swin")
  }

  @Test(arguments: NetworkRow.restormer.filter { $0.refuse != true })
  func aRestormerMakesWhatPyTorchMakesOnEveryISA(row: NetworkRow) throws {
    try check(row, in: "restormer")
  }

  @Test(arguments: NetworkRow.stateSpace.filter { $0.refuse != true })
  func aStateSpaceNetworkMakesWhatPyTorchMakesOnEveryISA(row: NetworkRow) throws {
    try check(row, in: "state-space")
  }

  private func check(_ row: NetworkRow, in folder: String) throws {
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

  @Test(arguments: NetworkRow.all.filter { $0.refuse == true })
  func aCheckpointThatIsNoNetworkIsRefusedForItsReason(row: NetworkRow) throws {
    try checkRefusal(row, Fixtures.path("networks/\(row.model)"))
  }

  @Test(arguments: NetworkRow.convolutional.filter { $0.refuse == true })
  func aConvolutionalCheckpointThatCanNotBeToldIsRefused(row: NetworkRow) throws {
    try checkRefusal(row, Fixtures.path("convolutional/\(row.model)"))
  }

  @Test(arguments: NetworkRow.swin.filter { $0.refuse == true })
  func aSwinIRThatCanNotBeRunIsRefused(row: NetworkRow) throws {
    try checkRefusal(row, Fixtures.path("swin/\(row.model)"))
  }

  @Test(arguments: NetworkRow.restormer.filter { $0.refuse == true })
  func aRestormerThatCanNotBeBuiltIsRefused(row: NetworkRow) throws {
    try checkRefusal(row, Fixtures.path("restormer/\(row.model)"))
  }

  @Test(arguments: NetworkRow.stateSpace.filter { $0.refuse == true })
  func aStateSpaceCheckpointThatCanNotBeToldIsRefused(row: NetworkRow) throws {
    try checkRefusal(row, Fixtures.path("state-space/\(row.model)"))
  }

  private func checkRefusal(_ row: NetworkRow, _ path: String) throws {
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
