import Testing

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
      .run, ["m", "a", "--memory", "2TB"],
      "--memory takes 1 to 100000000, in MB, or a size such as 2GB, not 2TB"
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
    (.run, ["m", "a", "-x"], "unknown option -x"),
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
    #expect(run.err != "")
  }
}
