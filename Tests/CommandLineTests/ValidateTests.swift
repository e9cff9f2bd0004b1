import Foundation
import TestSupport
import Testing
import VMIRImage
import VMIROpenBLAS
import VMIRRuntime

@Suite struct ValidateTests {
  private let place: Workplace
  private let model: String
  private let nodes = Fixtures.path("networks/derain32.8x8.nodes.npz")

  init() throws {
    place = try Workplace()
    model = try place.model("derain32")
  }

  private func validate(_ arguments: [String]) throws -> ToolRun {
    try ToolRun(.validate, [model, "--reference"] + arguments, in: place.folder.path)
  }

  /// Copies a fixture into a folder of pairs, as `NAME.in.npy` and `NAME.out.npy`.
  private func addPair(_ name: String, size: String) throws {
    _ = try place.folder.write(
      Fixtures.bytes("networks/input.\(size).npy"), to: "\(name).in.npy")
    _ = try place.folder.write(
      Fixtures.bytes("networks/derain32.\(size).out.npy"), to: "\(name).out.npy")
  }

  @Test func aModelThatAgreesPasses() throws {
    let run = try validate([nodes, "--threads", "1", "--isa", "generic"])
    #expect(run.status == 0)
    #expect(run.err == "")
    let lines = run.out.split(separator: "\n")
    try #require(lines.count == 3)
    #expect(lines[0].hasPrefix("reference "))
    #expect(lines[1].hasPrefix("derain32.8x8.nodes.npz  8x8x3  "))
    #expect(lines[1].hasSuffix("  ok"))
    #expect(
      lines[2] == "\(model): all 1 within their limits "
        + "(generic, builtin, standard convolutions, 1 thread)")
  }

  @Test(arguments: Kernels.available, GEMMChoice.allCases)
  func intermediatesAgreeOnEveryISAAndBackend(isa: String, gemm: GEMMChoice) throws {
    let run = try validate([nodes, "--per-node", "--isa", isa, "--gemm", gemm.rawValue])
    #expect(run.status == 0)
    #expect(run.out.contains("\n  no node is over the limit\n"))
  }

  @Test func theFilesOfAPairAreNamedByOptions() throws {
    let input = Fixtures.path("networks/input.13x11.npy")
    let output = Fixtures.path("networks/derain32.13x11.out.npy")
    #expect(try validate([input, "--expected", output]).status == 0)
    let other = Fixtures.path("networks/input.24x16.npy")
    #expect(try validate([other, "--expected", output]).status == 65)
    let alone = try validate([input])
    #expect(alone.status == 64)
    #expect(alone.err.contains("is one array or picture; --expected FILE names"))
    let none = try ToolRun(
      .validate, [model, "--determinism", "--expected", output], in: place.folder.path)
    #expect(none.status == 64)
  }

  @Test func theArraysOfAnArchiveAreNamedByOptions() throws {
    // Its size needs no padding, so that this is the input too.
    #expect(try validate([nodes, "--input-name", "nodes/input"]).status == 0)
    let wrong = try validate([nodes, "--output-name", "y"])
    #expect(wrong.status == 65)
    #expect(wrong.err.contains("has no array y, only "))
    #expect(try validate([nodes, "--output-name", "input"]).status == 1)
  }

  @Test func aReportTellsWhereItWasMadeAndAllNodes() throws {
    let run = try validate([nodes, "--per-node", "--report", "r.html", "--json"])
    #expect(run.status == 0)
    for key in ["version", "date", "processor", "limits"] {
      #expect(run.out.contains("\"\(key)\":"))
    }
    let page = String(
      decoding: try bytes(ofFile: place.folder.file("r.html")), as: UTF8.self)
    for text in ["<dt>vmir</dt>", "<dt>date</dt>", "<dt>processor</dt>", "<dt>limit</dt>"] {
      #expect(page.contains(text))
    }
    let list = try #require(page.range(of: "<details>"))
    let count = page[list.upperBound...].components(separatedBy: "<tr><td>").count - 1
    #expect(page.contains("<summary>All \(count) nodes in order of execution</summary>"))
    #expect(count > 100)
  }

  @Test func theFirstNodeOverItsLimitIsNamed() throws {
    let run = try validate([nodes, "--per-node", "--max-abs", "1e-12"])
    #expect(run.status == 1)
    #expect(run.err == "")
    #expect(run.out.contains("\n  first over the limit: patch_embed.proj\n"))
    #expect(run.out.contains("FAIL max abs over 1.0e-12\n"))
  }

  @Test func aFolderIsComparedPairByPairAndTheFailingOnesAreMarked() throws {
    try addPair("a", size: "13x11")
    try addPair("b", size: "24x16")
    let array = try place.array(at: place.folder.file("b.out.npy"))
    var values = array.values
    values[100] += 0.01
    let changed = try #require(NpyArray(shape: array.shape, values: values))
    _ = try place.folder.write(changed.encode(), to: "b.out.npy")
    let run = try validate([".", "--threads", "2"])
    #expect(run.status == 1)
    #expect(run.err == "")
    let lines = run.out.split(separator: "\n")
    try #require(lines.count == 4)
    #expect(lines[1].hasPrefix("a.npy ") && lines[1].hasSuffix("  ok"))
    #expect(lines[2].hasPrefix("b.npy "))
    // How wide the column of places is depends on the other row.
    #expect(lines[2].contains("  x 4, y 6, channel 0  "))
    #expect(lines[2].hasSuffix("  FAIL max abs over 5.0e-05, PSNR under 90.0"))
    #expect(lines[3].hasPrefix("\(model): 1 of 2 failed ("))
    #expect(try validate([".", "--max-abs", "0.02", "--min-psnr", "60"]).status == 0)
    #expect(try validate([".", "--max-abs", "0.02", "--min-psnr", "200"]).status == 1)
  }

  @Test func whatThePictureToolWroteAgreesWithItself() throws {
    let input = try place.picture("a.in.png", width: 9, height: 11)
    let made = try ToolRun(.run, [model, input, "-o", place.folder.file("a.out.png")])
    #expect(made.status == 0)
    let json = try validate([".", "--json"]).json()
    #expect(json["passed"] as? Bool == true)
    let results = try #require(json["results"] as? [[String: Any]])
    #expect(results.count == 1)
    #expect(results.first?["name"] as? String == "a.png")
    #expect(results.first?["maxAbs"] as? Double == 0)
    #expect(results.first?["psnr"] as? String == "inf")
    #expect(results.first?["shape"] as? [Int] == [11, 9, 3])
  }

  @Test func jsonIsOneLineAlsoWhenItFails() throws {
    let run = try validate([nodes, "--json", "--max-abs", "0", "--per-node", "--threads", "1"])
    #expect(run.status == 1)
    #expect(run.err == "")
    let json = try run.json()
    #expect(json["model"] as? String == model)
    #expect(json["reference"] as? String == nodes)
    #expect(json["passed"] as? Bool == false)
    #expect(json["threads"] as? Int == 1)
    let result = try #require((json["results"] as? [[String: Any]])?.first)
    #expect(result["faults"] as? [String] == ["max abs over 0.0e+00"])
    #expect((result["limits"] as? [String: Double])?["maxAbs"] == 0)
    let nodeRows = try #require(result["nodes"] as? [String: Any])
    #expect((nodeRows["firstFailed"] as? [String: Any])?["name"] as? String == "patch_embed.proj")
    #expect((nodeRows["worst"] as? [Any])?.count == 10)
  }

  @Test func aReferenceThatCanNotBeReadFailsAndTheOthersAreCompared() throws {
    try addPair("a", size: "13x11")
    try addPair("c", size: "13x11")
    _ = try place.folder.write([1, 2, 3], to: "c.out.npy")
    let run = try validate(["."])
    #expect(run.status == 65)
    #expect(run.errorLines.count == 1)
    #expect(run.err.hasPrefix("error: ./c.out.npy: is not a NumPy array but "))
    #expect(run.out.contains("\na.npy "))
    #expect(run.out.contains(": 1 of 2 failed ("))
  }

  @Test func anotherShapeIsExplained() throws {
    try addPair("a", size: "13x11")
    _ = try place.folder.write(
      Fixtures.bytes("networks/derain32.24x16.out.npy"), to: "a.out.npy")
    let run = try validate(["."])
    #expect(run.status == 65)
    #expect(
      run.err == "error: ./a.out.npy: the reference is 16x24 with 3 channels, "
        + "the network makes 11x13 with 3 channels\n")
  }

  @Test func halfOfAPairAndNoReferenceAtAllAreErrors() throws {
    let none = try validate(["nowhere"])
    #expect(none.status == 66)
    #expect(none.err == "error: nowhere: no such file\n")
    let empty = try validate(["."])
    #expect(empty.status == 65)
    #expect(empty.err.hasPrefix("error: .: has no NAME.npz, "))
    _ = try place.folder.write(Fixtures.bytes("networks/input.13x11.npy"), to: "a.in.npy")
    let half = try validate(["."])
    #expect(half.status == 66)
    #expect(half.err == "error: ./a.in.npy: has no a.out.npy beside it\n")
    #expect(none.out == "" && empty.out == "" && half.out == "")
  }
}
