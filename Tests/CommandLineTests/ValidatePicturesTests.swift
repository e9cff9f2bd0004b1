import Foundation
import TestSupport
import Testing
import VMIRImage
import VMIRRuntime

@Suite struct ValidatePicturesTests {
  private let place: Workplace
  private let model: String
  private let half: String

  init() throws {
    place = try Workplace()
    model = try place.model("derain32")
    half = place.folder.file("half.vmir")
    let run = try ToolRun(
      .convert,
      [Fixtures.path("networks/derain32.pth"), "--weights", "f16", "-o", half])
    guard run.status == 0 else { throw UnexpectedOutput(text: run.err) }
  }

  private func validate(_ arguments: [String]) throws -> ToolRun {
    try ToolRun(.validate, arguments, in: place.folder.path)
  }

  /// Folders `set/input` and `set/target`; each target is what the model makes of its input.
  private func makeSet() throws {
    for name in ["input", "target"] {
      try FileManager.default.createDirectory(
        atPath: place.folder.file("set/\(name)"), withIntermediateDirectories: true)
    }
    for (name, width, kind) in [("a", 16, ColorKind.rgb), ("b", 19, .grey)] {
      let input = try place.picture("set/input/\(name).png", width: width, height: 18, kind: kind)
      let made = try ToolRun(
        .run, [model, input, "-o", place.folder.file("set/target/\(name).png")])
      guard made.status == 0 else { throw UnexpectedOutput(text: made.err) }
    }
  }

  private func sets(_ run: ToolRun) throws -> [[String: Any]] {
    try #require(try run.json()["sets"] as? [[String: Any]])
  }

  @Test func figuresBesideTruePicturesComeAsATable() throws {
    try makeSet()
    let run = try validate([model, "--ground-truth", "set"])
    #expect(run.status == 0)
    #expect(run.err == "")
    let lines = run.out.split(separator: "\n").map { String($0) }
    #expect(lines[0] == "set: against the ground truth, Y")
    #expect(lines[2].hasPrefix("  a        16x18x3  inf"))
    #expect(lines.contains { $0.hasPrefix("  mean ") })
    #expect(run.out.contains("all 2 within their limits"))
    // What the grey picture loses by being made grey is little.
    let set = try #require(try sets(validate([model, "--ground-truth", "set", "--json"])).first)
    #expect(set["border"] as? Int == 0)
    #expect(set["channel"] as? String == "y")
    let pictures = try #require(set["pictures"] as? [[String: Any]])
    let grey = try #require((pictures[1]["groundTruth"] as? [String: Any])?["psnr"] as? Double)
    #expect(grey > 40)
    let wide = try #require(
      try sets(
        validate([
          model, "--ground-truth", "set", "--json", "--border", "3", "--channel", "rgb",
        ])
      ).first)
    #expect(wide["border"] as? Int == 3)
    #expect(wide["channel"] as? String == "rgb")
  }

  @Test func aMeanUnderItsLimitFails() throws {
    try makeSet()
    let input = place.folder.file("set/input/a.png")
    try FileManager.default.removeItem(atPath: place.folder.file("set/target/a.png"))
    try FileManager.default.copyItem(atPath: input, toPath: place.folder.file("set/target/a.png"))
    let arguments = [model, "--ground-truth", "set", "--min-mean-psnr"]
    #expect(try validate(arguments + ["1"]).status == 0)
    let run = try validate(arguments + ["90"])
    #expect(run.status == 1)
    #expect(run.out.contains("\nset: FAIL the mean PSNR is under 90.00 dB\n"))
  }

  @Test func twoModelsAreComparedAndTheWorstPictureIsNamed() throws {
    try makeSet()
    let run = try validate([half, "--against", model, "--images", "set/input"])
    #expect(run.status == 0)
    #expect(run.out.hasPrefix("set/input: compared with \(model)\n"))
    #expect(run.out.contains("\n  worst picture: "))
    let set = try #require(
      try sets(validate([half, "--against", model, "--images", "set/input", "--json"])).first)
    #expect(["a", "b"].contains(set["worstDifference"] as? String))
    let steps = try #require(set["maxStep"] as? Int)
    #expect((0...3).contains(steps))
    let strict = try validate([
      half, "--against", model, "--images", "set/input", "--min-psnr", "150",
    ])
    #expect(strict.status == 1)
    #expect(strict.out.contains("FAIL PSNR between the models under 150.0"))
    #expect(
      try validate([half, "--against", model, "--images", "set/input", "--max-abs", "1e-9"]).status
        == 1)
  }

  @Test func aDropBesideTruePicturesIsHeldToItsLimit() throws {
    try makeSet()
    // Truth for which the second model is exact, and the first is the input itself, nearly.
    let arguments = [half, "--against", model, "--ground-truth", "set", "--max-drop"]
    let strict = try validate(arguments + ["0.05"])
    // The other model's mean is infinite, so no finite drop holds.
    #expect(strict.status == 1)
    #expect(strict.out.contains("\nset: FAIL the mean PSNR falls by more than 0.05 dB\n"))
    for name in ["a", "b"] {
      try FileManager.default.removeItem(atPath: place.folder.file("set/target/\(name).png"))
      try FileManager.default.copyItem(
        atPath: place.folder.file("set/input/\(name).png"),
        toPath: place.folder.file("set/target/\(name).png"))
    }
    let run = try validate(arguments + ["0.05", "--json"])
    #expect(run.status == 0)
    let set = try #require(try sets(run).first)
    let drop = try #require(set["drop"] as? Double)
    #expect(abs(drop) < 0.05)
    #expect(try validate(arguments.dropLast() + ["--max-drop=-1"]).status == 1)
  }

  @Test func theNetworkIsTheSameOnAllKernelsAndThreads() throws {
    let run = try validate([model, "--determinism", "--threads", "3", "--json"])
    #expect(run.status == 0)
    let found = try #require(try run.json()["determinism"] as? [String: Any])
    let rows = try #require(found["rows"] as? [[String: Any]])
    #expect(rows.compactMap { $0["isa"] as? String } == Kernels.available)
    #expect(rows.allSatisfy { $0["threads"] as? [Int] == [1, 2, 3] })
    #expect(rows.allSatisfy { $0["passed"] as? Bool == true })
    #expect(found["input"] as? String == "a pattern")
  }

  @Test func aReportHoldsEverythingInOneFile() throws {
    try makeSet()
    let run = try validate([
      half, "--against", model, "--ground-truth", "set", "--determinism", "--report", "r.html",
    ])
    #expect(run.status == 0)
    let html = try String(contentsOfFile: place.folder.file("r.html"), encoding: .utf8)
    for text in [
      "<h1>Validation of half.vmir</h1>", "Mamber32", "other model", "ground truth",
      "from the other model", "data:image/png;base64,", "Determinism",
      "prefers-color-scheme: dark",
    ] {
      #expect(html.contains(text), "\(text)")
    }
    #expect(!html.contains("<script") && !html.contains("http"))
    #expect(html.components(separatedBy: "<figure>").count - 1 == 12)
  }

  @Test func aReportThatCanNotBeWrittenIsAnError() throws {
    let run = try validate([model, "--determinism", "--report", "nowhere/r.html"])
    #expect(run.status == 74)
    #expect(run.err.hasPrefix("error: nowhere/r.html: "))
    #expect(run.out == "")
  }

  @Test func aPictureThatCanNotBeReadFailsAndTheOthersAreJudged() throws {
    try makeSet()
    _ = try place.folder.write([1, 2, 3], to: "set/target/a.png")
    let run = try validate([model, "--ground-truth", "set"])
    #expect(run.status == 65)
    #expect(run.errorLines.count == 1)
    #expect(run.err.hasPrefix("error: set/target/a.png: "))
    #expect(run.out.contains("\n  b  "))
    #expect(run.out.contains("1 of 2 failed"))
  }

  @Test func anInputWithoutItsTruePictureIsNamed() throws {
    try makeSet()
    try FileManager.default.removeItem(atPath: place.folder.file("set/target/b.png"))
    let run = try validate([model, "--ground-truth", "set"])
    #expect(run.status == 66)
    #expect(
      run.err == "error: set/input/b.png: has no ground truth in set\n")
  }

  @Test(arguments: [
    [], ["--per-node", "--determinism"], ["--against", "a.vmir"], ["--images", "a"],
    ["--ground-truth", "a", "--max-drop", "1"], ["--determinism", "--min-mean-psnr", "1"],
    ["--ground-truth", "a", "--ground-truth", "b", "--images", "c"],
    ["--ground-truth", "a", "--border", "-1"], ["--ground-truth", "a", "--channel", "lab"],
    ["--ground-truth", "a", "--max-drop", "nan", "--against", "b"],
  ])
  func combinationsThatMeanNothingAreUsageErrors(arguments: [String]) throws {
    let run = try validate([model] + arguments)
    #expect(run.status == 64)
    #expect(run.out == "")
  }
}
