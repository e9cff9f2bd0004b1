import Foundation
import TestSupport
import Testing

/// A SwinIR with a mistake in it does not pass, and the first node that it spoils is named.
@Suite struct SwinFaultTests {
  private let place: Workplace
  private let model: String

  init() throws {
    place = try Workplace()
    model = place.folder.file("network.vmir")
    let run = try ToolRun(.convert, [Fixtures.path("swin/classical-x2.pth"), "-o", model])
    guard run.status == 0 else { throw UnexpectedOutput(text: run.err) }
  }

  private func nodes(_ archive: String, status: Int32) throws -> [String: Any] {
    let run = try ToolRun(
      .validate,
      [
        model, "--reference", Fixtures.path("swin/nodes.\(archive).npz"), "--per-node", "--json",
      ])
    #expect(run.status == status, "\(run.err)")
    let results = try run.json()["results"] as? [[String: Any]]
    return try #require(results?.first?["nodes"] as? [String: Any])
  }

  @Test func theRightNetworkPasses() throws {
    let nodes = try nodes("right", status: 0)
    #expect(nodes["compared"] as? Int == 10)
    #expect(nodes["firstFailed"] == nil)
  }

  @Test(arguments: [
    ("shift", "layers.0.residual_group.blocks.1.attn"),
    ("mask", "layers.0.residual_group.blocks.1.attn"),
    ("gelu", "layers.0.residual_group.blocks.0.mlp.gelu"),
  ])
  func aMistakeFailsAndItsPlaceIsNamed(fault: String, node: String) throws {
    let nodes = try nodes(fault, status: 1)
    #expect((nodes["firstFailed"] as? [String: Any])?["name"] as? String == node)
  }
}
