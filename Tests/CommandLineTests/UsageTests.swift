import TestSupport
import Testing
import VMIRRuntime

@Suite struct UsageTests {
  @Test(arguments: ToolName.allCases)
  func helpGoesToStandardOutput(tool: ToolName) throws {
    let run = try ToolRun(tool, ["--help"])
    #expect(run.status == 0)
    #expect(run.err == "")
    #expect(run.out.contains("--version"))
    #expect(run.out.contains("Exit codes: 0"))
  }

  @Test(arguments: ToolName.allCases)
  func theVersionIsOneLine(tool: ToolName) throws {
    let run = try ToolRun(tool, ["--version"])
    #expect(run.status == 0)
    #expect(run.err == "")
    #expect(run.out.hasPrefix("\(tool.rawValue) "))
    #expect(run.out.count(where: { $0 == "\n" }) == 1)
  }

  @Test(arguments: ToolName.allCases)
  func anUnknownOptionIsAWrongCommandLine(tool: ToolName) throws {
    let run = try ToolRun(tool, ["a", "b", "--reference", "c", "--no-such-option"])
    #expect(run.status == 64)
    #expect(run.out == "")
    #expect(run.err != "")
  }

  @Test(arguments: ToolName.allCases)
  func noArgumentsAreAWrongCommandLine(tool: ToolName) throws {
    let run = try ToolRun(tool, [])
    #expect(run.status == 64)
    #expect(run.out == "")
    #expect(run.err != "")
  }

  @Test(arguments: [
    (ToolName.run, ["m", "a", "-o"], "-o needs a value"),
    (.run, ["m", "a", "--output="], "--output needs a value"),
    (.run, ["m", "a", "--threads"], "--threads needs a value"),
    (.run, ["m", "a", "--threads", "0"], "--threads takes 1 to 256, not 0"),
    (.run, ["m", "a", "--threads=257"], "--threads takes 1 to 256, not 257"),
    (.run, ["m", "a", "--threads", "two"], "--threads takes 1 to 256, not two"),
    (.run, ["m", "a", "--gemm", "mkl"], "--gemm: this build has no mkl"),
    (.run, ["m", "a", "--isa"], "--isa needs a value"),
    (.run, ["m", "a", "--tile", "8"], "--tile takes auto, off or 16 to 65536, not 8"),
    (
      .run, ["m", "a", "--tile", "64", "--overlap", "32"],
      "--overlap must be less than half of --tile"
    ),
    (
      .run, ["m", "a", "--memory", "0"],
      "--memory takes 1 to 100000000, in MB, or a size such as 2GB, not 0"
    ),
    (
      .run, ["m", "a", "--memory", "2G"],
      "--memory takes 1 to 100000000, in MB, or a size such as 2GB, not 2G"
    ),
    (
      .run, ["m", "a", "--memory", "0.1MB"],
      "--memory takes 1 to 100000000, in MB, or a size such as 2GB, not 0.1MB"
    ),
    (
      .run, ["m", "a", "--memory", "-1GB"],
      "--memory takes 1 to 100000000, in MB, or a size such as 2GB, not -1GB"
    ),
    (.run, ["m", "a", "--shard", "0/3"], "--shard takes I/N with I from 1 to N, not 0/3"),
    (.run, ["m", "a", "--shard", "4/3"], "--shard takes I/N with I from 1 to N, not 4/3"),
    (.run, ["m", "a", "--shard", "1/2/3"], "--shard takes I/N with I from 1 to N, not 1/2/3"),
    (.run, ["m", "a", "--wat"], "unknown option --wat"),
    (
      .run, ["m", "a", "--skip-exsting"],
      "unknown option --skip-exsting, did you mean --skip-existing?"
    ),
    (.run, ["m", "a", "--tiles", "8"], "unknown option --tiles, did you mean --tile?"),
    (
      .run, ["m", "-i", "a"],
      "unknown option -i: the picture or folder stands behind the model, without an option"
    ),
    (.run, ["m", "a", "-t", "8"], "unknown option -t: --tile N sets the size of tiles"),
    (.run, ["m", "a", "-z"], "unknown option -z"),
    (.run, ["m"], "an input is needed"),
    (.run, [], "a model is needed"),
  ])
  func vmirRunSaysWhatIsWrongInOneLine(
    tool: ToolName, arguments: [String], what: String
  ) throws {
    let run = try ToolRun(tool, arguments)
    #expect(run.status == 64)
    #expect(run.err == "error: \(what); see vmir-run --help\n")
    #expect(run.out == "")
  }

  @Test(arguments: [
    (ToolName.convert, ["a.pth", "--arch", "Mamber"]), (.convert, ["a.pth", "--weights", "f8"]),
    (.convert, ["a.pth", "-o"]), (.convert, ["a.pth", "b.pth"]), (.inspect, ["a", "b"]),
    (.validate, ["a"]), (.validate, ["a", "--reference"]),
    (.validate, ["a", "--reference", "b", "--threads", "0"]),
    (.validate, ["a", "--reference", "b", "--max-abs", "-1"]),
    (.validate, ["a", "--reference", "b", "--max-abs", "nan"]),
    (.validate, ["a", "--reference", "b", "--min-psnr", "nan"]),
    (.validate, ["a", "--reference", "b", "--gemm", "mkl"]),
  ])
  func wrongValuesAreAWrongCommandLine(tool: ToolName, arguments: [String]) throws {
    let run = try ToolRun(tool, arguments)
    #expect(run.status == 64)
    #expect(run.out == "")
    #expect(run.err.hasPrefix("error: ") && run.err.count(where: { $0 == "\n" }) == 1)
  }

  @Test(arguments: ToolName.allCases.filter { $0 != .run })
  func whatIsWrongIsOneLineThatSuggestsWhatIsMeant(tool: ToolName) throws {
    let run = try ToolRun(tool, ["a", "--jsn"] + (tool == .validate ? ["--reference", "b"] : []))
    #expect(run.status == 64)
    expectOneLine(run.err, of: tool)
    #expect(run.err.lowercased().contains("did you mean '--json'?"))
  }

  @Test(arguments: ToolName.allCases)
  func aFailureIsALineOfJSONToo(tool: ToolName) throws {
    let usage = try ToolRun(tool, ["--json", "--no-such-option"])
    #expect(usage.status == 64)
    #expect(usage.out.hasPrefix("{") && usage.out.hasSuffix("}\n"))
    #expect(usage.out.contains("\"code\":64"))
    let more = tool == .run ? ["b"] : tool == .validate ? ["--reference", "b"] : []
    let missing = try ToolRun(tool, ["no-such-file", "--json"] + more)
    #expect(missing.status == 66)
    #expect(missing.out.hasPrefix("{") && missing.out.hasSuffix("}\n"))
    #expect(missing.out.contains("\"code\":66") && missing.out.contains("\"status\":\"failed\""))
    #expect(missing.out.contains("no-such-file"))
  }

  private func expectOneLine(_ text: String, of tool: ToolName) {
    #expect(text.hasPrefix("error: "))
    #expect(text.hasSuffix("; see \(tool.rawValue) --help\n"))
    #expect(text.count(where: { $0 == "\n" }) == 1)
  }

  @Test func theSelfTestComparesAllKernelsWithWhatIsStored() throws {
    let run = try ToolRun(.run, ["--self-test"])
    #expect(run.status == 0)
    #expect(run.err == "")
    #expect(run.out == Kernels.available.map { "\($0): as stored\n" }.joined())
  }

  @Test func aNetworkIsTimedWithoutAPicture() throws {
    let place = try Workplace()
    let model = try place.model("sisr")
    func run(_ arguments: String...) throws -> ToolRun {
      try ToolRun(.run, [model] + arguments, in: place.folder.path)
    }
    let text = try run("--benchmark", "12x9", "--threads", "1", "--isa", "generic")
    #expect(text.status == 0 && text.err == "")
    #expect(text.out.hasPrefix("\(model): 12x9 in "))
    #expect(text.out.contains("kernels generic, threads 1, tiles 1; "))
    let json = try run("--benchmark", "80x64", "--tile", "32", "--overlap", "0", "--json", "-q")
    #expect(json.status == 0)
    #expect(json.out.hasPrefix("{\"model\":") && json.out.contains("\"size\":\"80x64\""))
    #expect(!json.out.contains("\"tiles\":1,"))
    for wrong in [["--benchmark", "8"], ["--benchmark", "8x"], ["a.png", "--benchmark", "8x8"]] {
      #expect(try ToolRun(.run, [model] + wrong, in: place.folder.path).status == 64)
    }
    #expect(try run("--benchmark", "4000x4000", "--memory", "60MB").status == 69)
  }
}
