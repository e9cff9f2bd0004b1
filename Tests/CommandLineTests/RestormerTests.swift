import Foundation
import TestSupport
import Testing
import VMIRImage

/// Restormers and DiffIRs by the tools.
@Suite struct RestormerTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  private func nodes(_ archive: String) throws -> (status: Int32, nodes: [String: Any]) {
    let model = try place.model("colour", of: "restormer")
    let path = Fixtures.path("restormer/\(archive).npz")
    let run = try ToolRun(.validate, [model, "--reference", path, "--per-node", "--json"])
    let results = try run.json()["results"] as? [[String: Any]]
    return (run.status, try #require(results?.first?["nodes"] as? [String: Any]))
  }

  @Test func theRightNetworkPasses() throws {
    let (status, nodes) = try nodes("right")
    #expect(status == 0)
    #expect(nodes["firstFailed"] == nil)
    #expect(try #require(nodes["compared"] as? Int) > 12)
  }

  @Test(arguments: [
    ("no-temperature", "encoder_level1.0.attn.attention"),
    ("tanh-gelu", "encoder_level1.0.ffn.gelu"),
  ])
  func aMistakeFailsAndItsPlaceIsNamed(fault: String, node: String) throws {
    let (status, nodes) = try nodes(fault)
    #expect(status == 1)
    #expect((nodes["firstFailed"] as? [String: Any])?["name"] as? String == node)
  }

  @Test func whatIsLeftOutOfALightningFileIsSaid() throws {
    let path = Fixtures.path("restormer/diffir-inpainting.pth")
    let run = try ToolRun(.convert, [path, "--dry-run"])
    #expect(run.status == 0, "\(run.err)")
    #expect(run.out.contains("of the network that make no difference: "))
    #expect(run.out.contains("generatorS1"))
  }

  @Test func theNoiseMayBeAFile() throws {
    let noise = try place.array("noise.npy", [16])
    let path = Fixtures.path("restormer/diffir-deblurring.pth")
    let target = place.folder.file("m.vmir")
    let run = try ToolRun(.convert, [path, "-o", target, "--set", "noise=\(noise)"])
    #expect(run.status == 0, "\(run.err)")
    let shown = try ToolRun(.inspect, [target])
    #expect(shown.out.contains("sha256 "))
    let short = try place.array("short.npy", [15])
    let refused = try ToolRun(.convert, [path, "-o", target, "--set", "noise=\(short)"])
    #expect(refused.status == 64)
    let missing = try ToolRun(.convert, [path, "-o", target, "--set", "noise=none.npy"])
    #expect(missing.status == 66)
    #expect(missing.err == "error: none.npy: no such file\n")
  }

  @Test(arguments: ["f16", "int8"])
  func weightsMayBeStoredSmaller(form: String) throws {
    for name in ["colour", "diffir-inpainting"] {
      let model = try place.model(name, ["--weights", form], of: "restormer")
      let shape = [1, name == "colour" ? 3 : 4, 8, 16]
      let input = try place.array("\(name).npy", shape)
      let run = try ToolRun(
        .run, [model, input, "-o", place.folder.file("\(name).out.npy"), "-q"])
      #expect(run.status == 0, "\(run.err)")
    }
  }

  @Test func picturesGoThroughNetworksOfOneFourAndSixChannels() throws {
    let colour = try place.picture("colour.png", width: 13, height: 10)
    let grey = try place.picture("grey.png", width: 13, height: 10, kind: .grey)
    let output = place.folder.file("out.png")
    for (model, arguments, channels) in [
      ("grey", [grey], 1), ("grey", [colour], 3), ("dual-pixel", [colour, "--view", colour], 3),
      ("diffir-inpainting", [colour, "--mask", grey], 3),
    ] {
      let path = try place.model(model, of: "restormer")
      let run = try ToolRun(.run, [path] + arguments + ["-o", output, "--overwrite", "-q"])
      #expect(run.status == 0, "\(run.err)")
      let made = try Picture.decode(Data(contentsOf: URL(fileURLWithPath: output)).map { $0 })
      #expect(made.width == 13 && made.height == 10 && made.kind.channelCount == channels)
    }
  }

  /// What the mask does not cover comes out as it went in.
  @Test func inpaintingChangesOnlyWhatTheMaskCovers() throws {
    let colour = try place.picture("colour.png", width: 16, height: 8)
    let samples = (0..<128).map { UInt8($0 % 3 == 0 ? 9 : 0) }
    let mask = try #require(
      Picture(width: 16, height: 8, kind: .grey, samples: .eightBit(samples)))
    let maskPath = try place.folder.write(try mask.encode(), to: "mask.png")
    let output = place.folder.file("out.png")
    let model = try place.model("diffir-inpainting", of: "restormer")
    let run = try ToolRun(.run, [model, colour, "--mask", maskPath, "-o", output, "-q"])
    #expect(run.status == 0, "\(run.err)")
    func read(_ path: String) throws -> [UInt8] {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path)).map { $0 }
      guard case .eightBit(let samples) = try Picture.decode(bytes).samples else { return [] }
      return samples
    }
    let (before, after) = (try read(colour), try read(output))
    let kept = (0..<384).filter { samples[$0 / 3] == 0 }
    #expect(kept.allSatisfy { before[$0] == after[$0] })
    #expect(before != after)
  }
}
