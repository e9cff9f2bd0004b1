import Foundation
import TestSupport
import Testing

/// vmir-validate on a MambaIRv2 and the tokens that PyTorch routes its pixels by.
@Suite struct RoutingTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  @Test func theTokensOfEveryLayerAreThoseOfPyTorch() throws {
    let model = place.folder.file("m.vmir")
    let checkpoint = Fixtures.path("state-space/mambairv2-x2.pth")
    #expect(try ToolRun(.convert, [checkpoint, "-o", model]).status == 0)
    let archive = Fixtures.path("state-space/mambairv2-x2.9x11.npz")
    let run = try ToolRun(.validate, [model, "--reference", archive, "--json"])
    #expect(run.status == 0, "\(run.err)")
    let result = try #require((try run.json()["results"] as? [[String: Any]])?.first)
    let routing = try #require(result["routing"] as? [String: Any])
    #expect(routing["layers"] as? Int == 3)
    // Padded to 12x12.
    #expect(routing["choices"] as? Int == 3 * 144)
    #expect(routing["turned"] as? Int == 0)
    #expect(routing["wrong"] as? Int == 0)
  }
}
