import Foundation
import TestSupport
import Testing
import VMIRGraph

@Suite struct InspectTests {
  private let place: Workplace
  private let checkpoint = Fixtures.path("networks/derain32-ema.pth")

  init() throws { place = try Workplace() }

  private func inspect(_ arguments: [String]) throws -> ToolRun {
    let run = try ToolRun(.inspect, arguments, in: place.folder.path)
    #expect(run.status == 0)
    #expect(run.err == "")
    return run
  }

  @Test func aModelIsDescribed() throws {
    let model = try place.model("realsr")
    let lines = try inspect([model]).out.split(separator: "\n")
    #expect(lines.first == "\(model): .vmir 1.0, MambaRealSR11, 79821 parameters")
    #expect(
      lines.dropFirst().map { $0.dropFirst(2).prefix { $0 != " " } }
        == [
          "task", "input", "output", "convolutions", "merge", "nodes", "stored", "source", "sha256",
          "made",
        ])
    #expect(lines.contains("  input         f32[1, 3, H, W]"))
    #expect(lines.contains("  output        f32[1, 3, 4*H, 4*W]"))
    #expect(lines.contains("  source        realsr.pth [params]"))
    let verified = try inspect([model, "--verify"]).out
    #expect(verified.hasSuffix("  verified      all tensors are whole and finite\n"))
  }

  @Test func theGraphOfAModelReadsBackAndIsStable() throws {
    let model = try place.model("realsr")
    let text = try inspect([model, "--graph"]).out
    #expect(text.hasPrefix("vmir-graph 1\narchitecture MambaRealSR11\n"))
    #expect(try Graph(text: text).text() == text)
    #expect(try inspect([model, "--graph"]).out == text)
    let imported = try inspect([Fixtures.path("networks/realsr.pth"), "--graph"]).out
    let options = GraphTextOptions(showsSource: false)
    #expect(try Graph(text: imported).text(options) == Graph(text: text).text(options))
  }

  @Test func tensorsAreListedOnePerLine() throws {
    let model = try place.model("realsr")
    let plain = try inspect([model]).out
    let listed = try inspect([model, "--tensors"]).out
    #expect(listed.hasPrefix(plain))
    let rows = listed.dropFirst(plain.count).split(separator: "\n")
    #expect(rows.count == 231)
    #expect(rows.first?.hasPrefix("patch_embed.proj.weight  f32[4, 3, 3, 3]  ") == true)
  }

  @Test func jsonOfAModelHoldsTensorsWithSums() throws {
    let model = try place.model("realsr")
    let json = try inspect([model, "--json", "--tensors", "--verify"]).json()
    #expect(json["file"] as? String == model)
    #expect(json["architecture"] as? String == "MambaRealSR11")
    #expect(json["verified"] as? Bool == true)
    #expect(json["constants"] as? Int == 231)
    let tensors = try #require(json["tensors"] as? [[String: Any]])
    #expect(tensors.count == 231)
    #expect(tensors.allSatisfy { ($0["sha256"] as? String)?.count == 64 })
    #expect(tensors.first?["shape"] as? [Int] == [4, 3, 3, 3])
  }

  @Test func aCheckpointIsDescribed() throws {
    let out = try inspect([checkpoint]).out
    let lines = out.split(separator: "\n")
    #expect(lines.first?.hasPrefix("\(checkpoint): PyTorch legacy checkpoint, ") == true)
    #expect(lines.contains("  state dict    params_ema"))
    #expect(lines.contains("  others        params"))
    #expect(lines.contains { $0.hasPrefix("  network       Mamber32, dim 4, ") })
    let other = try inspect([checkpoint, "--key", "params"]).out
    #expect(other.contains("\n  state dict    params\n"))
    let json = try inspect([checkpoint, "--json"]).json()
    #expect(json["key"] as? String == "params_ema")
    #expect(json["otherKeys"] as? [String] == ["params"])
    #expect(json["tensors"] == nil)
  }

  @Test func aCheckpointAndItsModelHaveTheSameTensors() throws {
    func sums(_ path: String) throws -> [String: String] {
      let json = try inspect([path, "--json", "--tensors"]).json()
      let tensors = try #require(json["tensors"] as? [[String: Any]])
      var sums: [String: String] = [:]
      for tensor in tensors {
        sums[try #require(tensor["name"] as? String)] = tensor["sha256"] as? String
      }
      return sums
    }
    #expect(try sums(Fixtures.path("networks/sisr.pth")) == sums(place.model("sisr")))
  }

  @Test func aCheckpointThatCanNotBeConvertedIsListedWithTheReason() throws {
    let out = try inspect([Fixtures.path("networks/refused.restormer.pth")]).out
    #expect(out.contains("\n  not converted a Restormer-like network's checkpoint: not supported"))
  }

  @Test func whatIsNeitherIsRefusedInOneLine() throws {
    _ = try place.folder.write([1, 2, 3, 4], to: "a.pth")
    let none = try ToolRun(.inspect, ["none.pth"], in: place.folder.path)
    #expect(none.status == 66)
    #expect(none.err == "error: none.pth: no such file\n")
    let other = try ToolRun(.inspect, ["a.pth"], in: place.folder.path)
    #expect(other.status == 65)
    #expect(other.err.hasPrefix("error: a.pth: "))
    #expect(other.errorLines.count == 1)
    let folder = try ToolRun(.inspect, ["."], in: place.folder.path)
    #expect(folder.status == 65)
    #expect(folder.err.hasPrefix("error: .: is a directory"))
  }
}
