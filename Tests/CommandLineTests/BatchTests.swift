import Foundation
import TestSupport
import Testing
import VMIRImage

/// Folders and lists of pictures.
@Suite struct BatchTests {
  private let place: Workplace
  /// Keeps the size.
  private let model: String

  init() throws {
    place = try Workplace()
    model = try place.model("derain33")
  }

  private func run(_ arguments: [String], shell: String? = nil) throws -> ToolRun {
    try ToolRun(.run, [model] + arguments, in: place.folder.path, shell: shell)
  }

  private func folder(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: place.folder.file(name), withIntermediateDirectories: true)
  }

  private func picture(_ name: String) throws {
    _ = try place.picture(name, width: 8, height: 8)
  }

  /// Paths of all files below a folder, sorted.
  private func files(_ name: String) throws -> [String] {
    let root = place.folder.file(name)
    return try FileManager.default.subpathsOfDirectory(atPath: root)
      .filter { !place.isFolder("\(root)/\($0)") }.sorted()
  }

  @Test func theSameTreeAppearsInTheOutputFolder() throws {
    try folder("in/x/y")
    for name in ["in/a.png", "in/x/b.PNG", "in/x/y/c.png", "in/x/.d.png"] { try picture(name) }
    _ = try place.folder.write([1], to: "in/notes.txt")
    let flat = try run(["in", "-o", "flat", "-q"])
    #expect(flat.status == 0, "\(flat.err)")
    #expect(try files("flat") == ["a_derain33.png"])
    let deep = try run(["in", "-r", "-o", "deep/er", "-q"])
    #expect(deep.status == 0, "\(deep.err)")
    #expect(
      try files("deep/er") == ["a_derain33.png", "x/b_derain33.png", "x/y/c_derain33.png"])
  }

  @Test func picturesOfEveryFormatInAFolderAreRestored() throws {
    try folder("every")
    var expected: [String] = []
    for ending in PictureFormat.pictures.flatMap(\.extensions) {
      let stem = String(ending.dropFirst())
      _ = try place.folder.write(try Fixtures.bytes("jpeg/grey.jpg"), to: "every/\(stem)\(ending)")
      expected.append("\(stem)_derain33.png")
    }
    let done = try run(["every", "-o", "all", "-q"])
    #expect(done.status == 0, "\(done.err)")
    #expect(try files("all") == expected.sorted())
  }

  @Test func jpegsOfAFolderAreRestoredToo() throws {
    try folder("in")
    try picture("in/a.png")
    for name in ["a.jpg", "b.JPEG"] {
      _ = try place.folder.write(try Fixtures.bytes("jpeg/grey.jpg"), to: "in/\(name)")
    }
    #expect(try run(["in", "-o", "out", "-q"]).status == 0)
    #expect(
      try files("out") == ["a.jpg_derain33.png", "a.png_derain33.png", "b_derain33.png"])
    // A result beside a JPEG is no input either.
    for _ in 0..<2 { #expect(try run(["in", "-q"]).status == 0) }
    #expect(
      try files("in")
        == [
          "a.jpg", "a.jpg_derain33.png", "a.png", "a.png_derain33.png", "b.JPEG",
          "b_derain33.png",
        ])
  }

  @Test func resultsBesideTheirInputsAreNoInputsLater() throws {
    try folder("in")
    try picture("in/a.png")
    for _ in 0..<2 {
      let run = try run(["in"])
      #expect(run.status == 0)
      #expect(run.out.hasPrefix("in/a_derain33.png: 8x8 in "))
      #expect(try files("in") == ["a.png", "a_derain33.png"])
    }
    let inside = try run(["in", "-r", "-o", "in/out", "-q"])
    #expect(inside.status == 0)
    _ = try run(["in", "-r", "-o", "in/out", "-q"])
    #expect(
      try files("in")
        == ["a.png", "a_derain33.png", "out/a_derain33.png", "out/a_derain33_derain33.png"])
  }

  @Test func inputsOfOneNameGetOutputsOfTheirOwn() throws {
    for name in ["x", "y", "z", "out"] { try folder(name) }
    for name in ["x", "y", "z"] { try picture("\(name)/a.png") }
    let run = try run(["x/a.png", "y", "./x//a.png", "z/a.png", "-o", "out", "-q"])
    #expect(run.status == 0, "\(run.err)")
    #expect(
      try files("out")
        == ["a.png_derain33-2.png", "a.png_derain33-3.png", "a.png_derain33.png"])
  }

  @Test func anOutputNeverReplacesAnotherInput() throws {
    try picture("a.png")
    try picture("a_derain33.png")
    let before = try bytes(ofFile: place.folder.file("a_derain33.png"))
    #expect(try run(["a.png", "a_derain33.png", "-q"]).status == 0)
    #expect(try bytes(ofFile: place.folder.file("a_derain33.png")) == before)
    #expect(
      try place.folder.names() == [
        "a.png", "a.png_derain33.png", "a_derain33.png", "a_derain33_derain33.png", "derain33.vmir",
      ])
  }

  @Test func resultsThatAreThereAreSkippedOnRequest() throws {
    try folder("in")
    for name in ["a", "b"] { try picture("in/\(name).png") }
    #expect(try run(["in/a.png", "-o", "out/"]).status == 0)
    let before = try bytes(ofFile: place.folder.file("out/a_derain33.png"))
    let run = try run(["in", "-o", "out", "--skip-existing"])
    #expect(run.status == 0)
    #expect(run.err == "")
    #expect(run.out.hasPrefix("out/a_derain33.png: already exists\nout/b_derain33.png: 8x8 in"))
    #expect(run.out.hasSuffix("\n1 restored, 1 skipped, 0 failed\n"))
    #expect(try bytes(ofFile: place.folder.file("out/a_derain33.png")) == before)
  }

  @Test func shardsTogetherDoEachPictureOnce() throws {
    try folder("in")
    let names = (0..<7).map { "p\($0)" }
    for name in names { try picture("in/\(name).png") }
    var counts: [Int] = []
    for shard in 1...3 {
      let run = try run(["in", "-o", "out", "--shard", "\(shard)/3"])
      #expect(run.status == 0)
      #expect(run.err == "")
      counts.append(run.out.count(where: { $0 == "\n" }) - 1)
    }
    #expect(counts == [3, 2, 2])
    #expect(try files("out") == names.map { "\($0)_derain33.png" })
    for shard in 0..<3 {
      #expect(try run(["in", "-o", "other", "--shard0", "\(shard)/3", "-q"]).status == 0)
      #expect(try files("other").count == [3, 5, 7][shard])
    }
    for wrong in [
      ["--shard", "0/3"], ["--shard", "4/3"], ["--shard0", "3/3"], ["--shard0", "-1/3"],
      ["--shard", "1/0"], ["--shard0", "0/0"], ["--shard", "1"], ["--shard", "1/2/3"],
    ] {
      let run = try run(["in", "-o", "third"] + wrong)
      #expect(run.status == 64)
      #expect(run.err.hasPrefix("error: \(wrong[0]) takes I/N with I from "), "\(run.err)")
    }
    #expect(!place.isFolder(place.folder.file("third")))
  }

  @Test func everyPictureIsALineOfJSON() throws {
    try picture("a \"b\".png")
    let run = try run(["a \"b\".png", "none.png", "-o", ".", "--json"])
    #expect(run.status == 1)
    let lines = try run.out.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(lines.count == 3)
    #expect(lines[0]["input"] as? String == "a \"b\".png")
    #expect(lines[0]["output"] as? String == "./a \"b\"_derain33.png")
    #expect(lines[0]["status"] as? String == "restored")
    #expect(lines[0]["width"] as? Int == 8)
    #expect(lines[0]["tiles"] as? Int == 1)
    #expect(lines[1]["status"] as? String == "failed")
    #expect(lines[1]["error"] as? String == "no such file")
    #expect(lines[1]["code"] as? Int == 66)
    #expect(lines[2]["restored"] as? Int == 1)
    #expect(lines[2]["failed"] as? Int == 1)
  }

  @Test func aPictureGoesThroughPipes() throws {
    try picture("a.png")
    #expect(try run(["a.png", "-o", "b.png", "-q"]).status == 0)
    let path = place.folder.file("")
    for arguments in [["-"], ["-", "-o", "-"]] {
      let pipe = try run(arguments, shell: "exec <\(path)a.png >\(path)c.png")
      #expect(pipe.status == 0)
      #expect(pipe.err == "")
      #expect(
        try bytes(ofFile: place.folder.file("b.png")) == bytes(ofFile: place.folder.file("c.png")))
    }
    let full = try run(["a.png", "-o", "-"], shell: "exec >/dev/full")
    #expect(full.status == 74)
    #expect(full.err == "error: stdout: cannot be written: No space left on device\n")
    let empty = try run(["-"])
    #expect(empty.status == 65)
    #expect(empty.err == "error: stdin: is empty\n")
    for arguments in [["-", "a.png"], ["-", "--json"], ["a.png", "b.png", "-o", "-"]] {
      #expect(try run(arguments).status == 64)
    }
  }

  @Test func foldersWithoutPicturesAreNamed() throws {
    try folder("in/below")
    try picture("in/below/a.png")
    let run = try run(["in"])
    #expect(run.status == 66)
    #expect(run.err == "error: in: holds no pictures; -r looks below it\n")
    #expect(try self.run(["in", "-o", "\(model)"]).status == 64)
  }

  @Test func aBatchGoesOnAfterBadPicturesAndLeavesNothingPartial() throws {
    try folder("in")
    for index in 0..<197 { try picture("in/p\(index).png") }
    let whole = try bytes(ofFile: place.folder.file("in/p0.png"))
    _ = try place.folder.write(Array(whole.dropLast(9)), to: "in/corrupt.png")
    // 2^15 by 2^15 pixels of claimed size.
    let huge = try place.hugePicture("in/huge.png", side: 1 << 15)
    #expect(huge.count > 1_000_000)
    try FileManager.default.createSymbolicLink(
      atPath: place.folder.file("in/lost.png"), withDestinationPath: "nowhere")
    let run = try run(["in", "-o", "out"])
    #expect(run.status == 1)
    #expect(run.errorLines.count == 4)
    #expect(run.err.hasSuffix("\nerror: 3 of 200 pictures failed\n"))
    #expect(run.out.hasSuffix("\n197 restored, 0 skipped, 3 failed\n"))
    #expect(try files("out").count == 197)
    #expect(try files("out").allSatisfy { $0.hasSuffix("_derain33.png") })
  }

  @Test func anOutputThatCanNotBeWrittenEndsTheRun() throws {
    for name in ["a.png", "b.png", "c.png"] { try picture(name) }
    try folder("out/b_derain33.png")
    let run = try run(["a.png", "b.png", "c.png", "-o", "out"])
    #expect(run.status == 74)
    #expect(
      run.err == """
        error: out/b_derain33.png: cannot be written: is a directory
        error: 1 of 2 pictures failed, 1 not attempted

        """)
    #expect(try files("out") == ["a_derain33.png"])
  }

  @Test func aFileThatMayNotGrowAsTheDiskGivesAnErrorAndNoFile() throws {
    _ = try place.picture("large.png", width: 64, height: 64)
    // Eight blocks a file at most, as on a disk that is full then.
    for shell in ["ulimit -f 8", "ulimit -f 8; trap '' XFSZ"] {
      let run = try run(["large.png", "-o", "out.png"], shell: shell)
      #expect(run.status == 74)
      #expect(run.err == "error: out.png: cannot be written: File too large\n")
      #expect(try place.folder.names() == ["derain33.vmir", "large.png"])
    }
  }

  /// Kills come while models load, pictures are restored, files are written and between.
  @Test func wholeFilesOnlyAreThereAfterManyKills() throws {
    try folder("in")
    for index in 0..<200 { try picture("in/p\(index).png") }
    var wasKilledInside = false
    for milliseconds in stride(from: 5.0, through: 150, by: 12) {
      let started = try StartedTool(
        .run, [model, "in", "-o", "out", "-q"], in: place.folder.path, shell: nil)
      Thread.sleep(forTimeInterval: milliseconds / 1000)
      started.kill()
      _ = try started.finish()
      let names =
        (try? FileManager.default.contentsOfDirectory(atPath: place.folder.file("out")))
        ?? []
      for name in names where !name.hasPrefix(".") {
        #expect(name.hasSuffix("_derain33.png"))
        #expect(try place.picture(at: place.folder.file("out/\(name)")).width == 8)
      }
      wasKilledInside = wasKilledInside || (1..<200).contains(names.count)
    }
    #expect(wasKilledInside)
    // The next run takes up what is missing, and leaves nothing hidden behind.
    let last = try run(["in", "-o", "out", "-q", "--skip-existing"])
    #expect(last.status == 0, "\(last.err)")
    #expect(try files("out").count == 200)
  }
}
