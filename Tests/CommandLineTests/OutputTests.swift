import Foundation
import TestSupport
import Testing
import VMIRImage

/// Outputs belong to their inputs, and nothing else is ever replaced.
@Suite(.timeLimit(.minutes(5))) struct OutputTests {
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

  private func path(_ name: String) -> String { place.folder.file(name) }

  /// A picture of one colour, which tells it from the others.
  private func flat(_ name: String, _ value: UInt8) throws {
    let folder = URL(fileURLWithPath: path(name)).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let picture = try #require(
      Picture(
        width: 8, height: 8, kind: .rgb,
        samples: .eightBit(Array(repeating: value, count: 8 * 8 * 3))))
    _ = try place.folder.write(try picture.encode(), to: name)
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(folder)).sorted()
  }

  private func content(_ name: String) throws -> [UInt8] { try bytes(ofFile: path(name)) }

  /// What the model makes of a picture alone.
  private func result(of name: String) throws -> PictureSamples {
    let run = try run([name, "-o", "alone.png", "-q"])
    #expect(run.status == 0, "\(run.err)")
    return try place.picture(at: path("alone.png")).samples
  }

  @Test func aNeighbourThatComesLaterGetsAResultOfItsOwn() throws {
    try flat("in/a.png", 200)
    #expect(try run(["in", "-o", "out", "--skip-existing", "-q"]).status == 0)
    #expect(try names("out") == ["a_derain33.png"])
    let before = try content("out/a_derain33.png")
    _ = try place.folder.write(try Fixtures.bytes("jpeg/grey.jpg"), to: "in/a.jpg")
    for _ in 0..<2 {
      #expect(try run(["in", "-o", "out", "--skip-existing", "-q"]).status == 0)
      #expect(try names("out") == ["a.jpg_derain33.png", "a_derain33.png"])
    }
    #expect(try content("out/a_derain33.png") == before)
    #expect(
      try place.picture(at: path("out/a.jpg_derain33.png")).samples == result(of: "in/a.jpg"))
  }

  @Test func picturesOfOneNameThatComeOneByOneDoNotReplaceEachOther() throws {
    for (index, name) in ["x/a.png", "y/a.png", "z/a.png"].enumerated() {
      try flat(name, UInt8(40 * index + 40))
    }
    for _ in 0..<2 {
      for name in ["x/a.png", "y/a.png", "z/a.png"] {
        #expect(try run([name, "-o", "out/", "-q"]).status == 0)
      }
    }
    #expect(
      try names("out") == ["a.png_derain33-2.png", "a.png_derain33.png", "a_derain33.png"])
    for (output, input) in [
      ("a_derain33", "x"), ("a.png_derain33", "y"), ("a.png_derain33-2", "z"),
    ] {
      #expect(
        try place.picture(at: path("out/\(output).png")).samples == result(of: "\(input)/a.png"))
    }
  }

  @Test func aUsersOwnPictureIsNeitherReplacedNorTakenForAResult() throws {
    try flat("e/a.png", 90)
    try flat("e/a_derain33.png", 30)
    let own = try content("e/a_derain33.png")
    for _ in 0..<2 {
      #expect(try run(["e", "-q", "--skip-existing"]).status == 0)
      #expect(
        try names("e") == [
          "a.png", "a.png_derain33.png", "a_derain33.png", "a_derain33_derain33.png",
        ])
      #expect(try content("e/a_derain33.png") == own)
    }
  }

  @Test func aFileThatIsNoResultIsReplacedOnRequestOnly() throws {
    try flat("a.png", 90)
    for (name, content) in [("o.png", [7]), ("p.png", try content("a.png"))] {
      _ = try place.folder.write(content, to: name)
      for options in [[], ["--skip-existing"]] {
        let refused = try run(["a.png", "-o", name] + options)
        #expect(refused.status == 64)
        #expect(
          refused.err
            == "error: \(name): is there, and is no result of vmir-run; --overwrite replaces it\n")
        #expect(try self.content(name) == content)
      }
      #expect(try run(["a.png", "-o", name, "--overwrite", "-q"]).status == 0)
      #expect(try place.picture(at: path(name)).samples == result(of: "a.png"))
      // Now it is a result, and one of another picture may take its place.
      #expect(try run(["a.png", "-o", name, "-q"]).status == 0)
    }
    // Through a pipe too, whose content is not known before.
    let piped = try run(["-", "-o", "q.png"], shell: "echo 1 >q.png; exec <a.png")
    #expect(piped.status == 64)
    #expect(try content("q.png") == Array("1\n".utf8))
    #expect(try run(["a.png", "--skip-existing", "--overwrite"]).status == 64)
  }

  @Test func anEmptyFileIsNothingToLose() throws {
    try flat("in/a.png", 90)
    try FileManager.default.createDirectory(
      atPath: path("out"), withIntermediateDirectories: false)
    _ = try place.folder.write([], to: "out/a_derain33.png")
    #expect(try run(["in", "-o", "out", "--skip-existing", "-q"]).status == 0)
    #expect(try names("out") == ["a_derain33.png"])
    #expect(try place.picture(at: path("out/a_derain33.png")).width == 8)
  }

  /// Cut short, by another model, or with other options.
  @Test func aResultThatIsNotWhatIsAskedForIsMadeAgain() throws {
    try flat("in/a.png", 90)
    func restored(_ options: [String] = []) throws -> Bool {
      let run = try run(["in", "-o", "out", "--skip-existing"] + options)
      #expect(run.status == 0, "\(run.err)")
      #expect(try names("out") == ["a_derain33.png"])
      return run.out.contains("\n") && !run.out.contains("already exists")
    }
    #expect(try restored())
    #expect(try !restored())
    let whole = try content("out/a_derain33.png")
    // What is left of it is not known as a result any more, and stays.
    _ = try place.folder.write(Array(whole.dropLast(20)), to: "out/a_derain33.png")
    let cut = try run(["in", "-o", "out", "--skip-existing", "-q"])
    #expect(cut.status == 0)
    #expect(try names("out") == ["a.png_derain33.png", "a_derain33.png"])
    try FileManager.default.removeItem(atPath: path("out/a.png_derain33.png"))
    _ = try place.folder.write(whole, to: "out/a_derain33.png")
    #expect(try restored(["--tta"]))
    #expect(try restored())
    _ = try place.model("derain33", ["--weights", "f16"])
    #expect(try restored())
    #expect(try !restored())
  }

  @Test func aPictureThatHasChangedGetsANewResult() throws {
    try flat("in/a.png", 90)
    #expect(try run(["in", "-o", "out", "-q"]).status == 0)
    let before = try content("out/a_derain33.png")
    try flat("in/a.png", 91)
    for _ in 0..<2 {
      #expect(try run(["in", "-o", "out", "--skip-existing", "-q"]).status == 0)
      #expect(try names("out") == ["a.png_derain33.png", "a_derain33.png"])
    }
    #expect(try content("out/a_derain33.png") == before)
    #expect(try run(["in", "-o", "out", "--overwrite", "-q"]).status == 0)
    #expect(try names("out") == ["a.png_derain33.png", "a_derain33.png"])
  }

  @Test func theBytesOfAResultDoNotDependOnNames() throws {
    try flat("a.png", 90)
    try flat("x/b.png", 90)
    #expect(try run(["a.png", "x/b.png", "-o", "out", "-q"]).status == 0)
    #expect(try content("out/a_derain33.png") == content("out/b_derain33.png"))
  }

  @Test func arraysKeepTheirResultsTooAndNumPyReadsThem() throws {
    _ = try place.array("a.npy", [1, 3, 8, 8])
    #expect(try run(["a.npy", "-o", "out/"]).status == 0)
    let again = try run(["a.npy", "-o", "out/", "--skip-existing"])
    #expect(again.out == "out/a_derain33.npy: already exists\n")
    #expect(try place.array(at: path("out/a_derain33.npy")).shape == [1, 3, 8, 8])
    _ = try place.array("own.npy", [1, 3, 8, 8])
    #expect(try run(["a.npy", "-o", "own.npy"]).status == 64)
  }

  @Test func theEndingOfAnOutputDecidesOrIsRefusedBeforeWorkBegins() throws {
    try flat("a.png", 90)
    _ = try place.array("a.npy", [1, 3, 8, 8])
    let before = try names(".")
    for (input, output, what) in [
      (
        "a.png", "o.GIF",
        "can't end with .gif; pictures are written as .png, .jpg, .webp or .tif, arrays as .npy"
      ),
      (
        "a.png", "o",
        "has no ending; pictures are written as .png, .jpg, .webp or .tif, arrays as .npy"
      ),
      (
        "a.png", "o.npy",
        "the input is a picture, whose result ends with .png, .jpg, .webp or .tif"
      ),
      ("a.npy", "o.png", "the input is an array, whose result ends with .npy"),
    ] {
      let refused = try run([input, "-o", output])
      #expect(refused.status == 64)
      #expect(refused.err == "error: \(output): \(what)\n")
    }
    let piped = try run(["-", "-o", "o.npy"], shell: "exec <a.png")
    #expect(piped.status == 64)
    #expect(try names(".") == before)
  }

  @Test func missingFoldersOfOutputsAreMade() throws {
    for name in ["a.png", "b.png"] { try flat(name, 90) }
    #expect(try run(["a.png", "-o", "new/", "-q"]).status == 0)
    #expect(try names("new") == ["a_derain33.png"])
    #expect(try run(["a.png", "-o", "no/such/out.png", "-q"]).status == 0)
    #expect(try names("no/such") == ["out.png"])
    #expect(try run(["a.png", "b.png", "-o", "two", "-q"]).status == 0)
    #expect(try names("two") == ["a_derain33.png", "b_derain33.png"])
    // Not before there is something to write.
    _ = try place.folder.write([1], to: "c.png")
    #expect(try run(["c.png", "-o", "never/"]).status == 65)
    #expect(!place.isFolder(path("never")))
  }

  @Test func picturesThatCanNotBeReadAreNamed() throws {
    try flat("in/a.png", 90)
    _ = try place.folder.write(Array("RIFF\0\0\0\0WEBPVP8 ".utf8), to: "in/b.webp")
    _ = try place.folder.write([0xFF, 0xD8, 0xFF, 0xE0, 0, 16], to: "in/c.photo")
    _ = try place.folder.write(Array("notes".utf8), to: "in/d.txt")
    let run = try run(["in", "-o", "out"])
    #expect(run.status == 1)
    #expect(run.errorLines.count == 3)
    #expect(run.err.contains("error: in/b.webp: ") && run.err.contains("WebP"))
    #expect(run.err.contains("error: in/c.photo: "))
    #expect(run.out.hasSuffix("\n1 restored, 0 skipped, 2 failed\n"))
  }

  @Test func linksToFoldersAreNotFollowedAndSaid() throws {
    try flat("in/a.png", 90)
    try FileManager.default.createSymbolicLink(
      atPath: path("in/loop"), withDestinationPath: ".")
    let run = try run(["in", "-r", "-o", "out"])
    #expect(run.status == 0)
    #expect(run.err == "note: in/loop: is a link to a folder, which is not followed\n")
    #expect(try names("out") == ["a_derain33.png"])
  }

  @Test func foldersThatAreNotLookedIntoAreSaid() throws {
    try flat("in/a.png", 90)
    try flat("in/below/b.png", 90)
    let flat = try run(["in", "-o", "out"])
    #expect(flat.status == 0)
    #expect(flat.err == "note: in: holds a folder too; -r looks below it\n")
    #expect(try run(["in", "-o", "out", "-r", "--skip-existing"]).err == "")
    #expect(try names("out") == ["a_derain33.png", "below"])
  }

  // MARK: Names of any bytes

  /// Latin-1, a byte that is none, and the characters that stand for such bytes.
  @Test(arguments: ["caf\\351", "\\377\\200", "\\364\\217\\272\\251", "\\303(", "\\355\\240\\200"])
  func namesThatAreNotUTF8AreFiles(name: String) throws {
    try flat("a.png", 90)
    let script = """
      set -e; n=$(printf '\(name)'); mkdir in "o$n"; cp a.png "in/$n.png"
      '\(StartedTool.folder)/vmir-run' '\(model)' in -o out -q
      cmp out/* "out/${n}_derain33.png"
      '\(StartedTool.folder)/vmir-run' '\(model)' "in/$n.png" -o "o$n/x.png" -q
      '\(StartedTool.folder)/vmir-run' '\(model)' "in/$n.png" -o "o$n/" -q --json >json
      cp '\(model)' "$n.vmir"
      '\(StartedTool.folder)/vmir-inspect' "$n.vmir" >/dev/null
      '\(StartedTool.folder)/vmir-validate' "$n.vmir" --determinism >/dev/null
      cp '\(Fixtures.path("networks/sisr.pth"))' "$n.pth"
      '\(StartedTool.folder)/vmir-convert' "$n.pth" -o "$n-2.vmir" >/dev/null
      test -s "$n-2.vmir"
      ls "o$n" | grep -q "^x.png$"; test -s "o$n/${n}_derain33.png"
      """
    let done = try run([], shell: "( \(script)\n ) 2>&1 || exit 9; exit 0")
    #expect(done.status == 0, "\(done.out) \(done.err)")
    let json = try bytes(ofFile: path("json"))
    #expect(String(validating: json, as: UTF8.self) != nil)
  }

  // MARK: Reports

  @Test func aReportThatIsLostIsAnErrorAndThePicturesAreRestored() throws {
    for name in ["in/a.png", "in/b.png"] { try flat(name, 90) }
    for options in [[], ["--json"]] {
      for full in ["exec >/dev/full", "exec >&-"] {
        let lost = try run(["in", "-o", "out", "--overwrite"] + options, shell: full)
        #expect(lost.status == 74)
        #expect(lost.errorLines.count == 1)
        #expect(lost.err.hasPrefix("error: standard output: cannot be written: "))
        #expect(try names("out") == ["a_derain33.png", "b_derain33.png"])
      }
    }
    #expect(try run(["in", "-o", "out", "-q"], shell: "exec >&-").status == 0)
    for option in ["--help", "--version"] {
      #expect(try ToolRun(.run, [option], shell: "exec >/dev/full").status == 74)
    }
  }

  // MARK: Memory

  @Test func weightsThatExceedTheMemoryAreRefusedBeforeTheyAreTaken() throws {
    try flat("a.png", 90)
    let refused = try run(["a.png", "-o", "o.png", "--memory", "24"], shell: "ulimit -v 1500000")
    #expect(refused.status == 69)
    #expect(refused.err.hasPrefix("error: \(model): needs "))
    #expect(refused.err.hasSuffix(" MB of memory, 24 MB are available\n"))
  }

  @Test func aFileThatExceedsTheMemoryIsRefusedBeforeItIsRead() throws {
    let name = try place.folder.write([], to: "large.png")
    let handle = try #require(FileHandle(forWritingAtPath: name))
    try handle.truncate(atOffset: 1 << 30)
    let refused = try run(["large.png", "-o", "o.png", "--memory", "200"])
    #expect(refused.status == 69)
    #expect(refused.err.hasSuffix(" MB of memory, 200 MB are available\n"))
    let piped = try run(
      ["-", "-o", "o.png", "--memory", "200"],
      shell: "mkfifo p; cat large.png >p 2>/dev/null & exec <p")
    #expect(piped.status != 0)
  }
}
