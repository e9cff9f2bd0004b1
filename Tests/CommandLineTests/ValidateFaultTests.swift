import Foundation
import TestSupport
import Testing

/// Outputs of a network with a mistake in it must not pass, and the place of the mistake is named.
@Suite struct ValidateFaultTests {
  private let place: Workplace
  private let model: String

  init() throws {
    place = try Workplace()
    model = place.folder.file("network.vmir")
    let run = try ToolRun(.convert, [Fixtures.path("validate/network.pth"), "-o", model])
    guard run.status == 0 else { throw UnexpectedOutput(text: run.err) }
  }

  private func validate(_ archive: String, _ options: [String] = []) throws -> ToolRun {
    try ToolRun(
      .validate,
      [model, "--reference", Fixtures.path("validate/\(archive).npz"), "--json"] + options)
  }

  private func nodes(_ run: ToolRun) throws -> [String: Any] {
    let results = try run.json()["results"] as? [[String: Any]]
    return try #require(results?.first?["nodes"] as? [String: Any])
  }

  @Test func theRightNetworkPassesWithMuchRoom() throws {
    let run = try validate("right", ["--per-node"])
    #expect(run.status == 0)
    let nodes = try nodes(run)
    #expect(nodes["compared"] as? Int == 44)
    #expect(nodes["firstFailed"] == nil)
    #expect(nodes["limitsFrom"] as? String == "32 times the noise of the original")
    let all = try #require(nodes["all"] as? [[String: Any]])
    #expect(all.allSatisfy { ($0["excess"] as? Double ?? 1) < 0.5 })
  }

  @Test(arguments: [
    ("layer-norm-eps", "encoder_level1.0.norm1"),
    ("tanh-gelu", "encoder_level2.0.ffn.gate"),
    ("swapped-b-c", "encoder_level1.0.attn.scan"),
    ("other-merge", "encoder_level1.0.attn.merge"),
    ("reversed-a", "encoder_level2.0.attn.scan"),
    ("softplus", "latent.0.attn.scan"),
    ("edge-pad", "input"),
    ("bgr", "input"),
  ])
  func aMistakeFailsAndItsPlaceIsNamed(fault: String, node: String) throws {
    #expect(try validate(fault).status == 1)
    let run = try validate(fault, ["--per-node"])
    #expect(run.status == 1)
    #expect(run.err == "")
    let nodes = try nodes(run)
    #expect((nodes["firstFailed"] as? [String: Any])?["name"] as? String == node)
    // Everything before it agrees.
    let all = try #require(nodes["all"] as? [[String: Any]])
    let first = try #require(all.firstIndex { $0["name"] as? String == node })
    #expect(all[..<first].allSatisfy { $0["passed"] as? Bool == true })
  }

  @Test func whatIsWrongWithTheInputIsTold() throws {
    #expect(
      try nodes(validate("bgr", ["--per-node"]))["inputFault"] as? String
        == "the original was given the colours in reverse order, BGR for RGB")
    #expect(
      try nodes(validate("edge-pad", ["--per-node"]))["inputFault"] as? String
        == "the original's input is padded in another way")
    #expect(try nodes(validate("swapped-b-c", ["--per-node"]))["inputFault"] == nil)
  }

  @Test func aReportOfAFailureNamesTheNodeAndHoldsThePictures() throws {
    let path = place.folder.file("report.html")
    let run = try validate("tanh-gelu", ["--per-node", "--report", path])
    #expect(run.status == 1)
    let html = try String(contentsOfFile: path, encoding: .utf8)
    #expect(html.contains("First over its limit: <strong>encoder_level2.0.ffn.gate</strong>"))
    #expect(html.contains("1 of 1 failed"))
    #expect(html.contains("<figcaption>reference</figcaption>"))
    #expect(html.contains("<svg class=\"chart\""))
    #expect(!html.contains("<script") && !html.contains("http"))
  }
}
