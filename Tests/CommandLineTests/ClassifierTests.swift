import TestSupport
import Testing
import VMIRImage

/// Networks whose output is no picture.
@Suite struct ClassifierTests {
  private let place: Workplace
  private let array = Fixtures.path("state-space/input.37x50.npy")

  init() throws { place = try Workplace() }

  @Test func theClassesWithTheGreatestNumbersAreSaid() throws {
    let model = try place.model("vmamba", [], of: "state-space")
    let output = place.folder.file("out.npy")
    let run = try ToolRun(.run, [model, array, "-o", output, "--top", "3"])
    #expect(run.status == 0, "\(run.err)")
    let values = try place.array(at: output).values
    let order = values.indices.sorted { values[$0] > values[$1] }
    let lines = run.out.split(separator: "\n").filter { $0.hasPrefix("class ") }
    #expect(lines.count == 3)
    for (line, index) in zip(lines, order) { #expect(line.hasPrefix("class \(index): ")) }
  }

  @Test func jsonHasTheClassesToo() throws {
    let model = try place.model("vmamba", [], of: "state-space")
    let run = try ToolRun(
      .run, [model, array, "-o", place.folder.file("out.npy"), "--top", "2", "--json"])
    #expect(run.status == 0, "\(run.err)")
    #expect(run.out.contains("\"classes\":[{\"class\":"))
  }

  @Test(arguments: [
    ["-o", "out.png"], ["--tta", "-o", "out.npy"], ["--tile", "32", "-o", "out.npy"],
  ])
  func whatNeedsAPictureIsRefused(_ options: [String]) throws {
    let model = try place.model("vmamba", [], of: "state-space")
    let paths = options.map { $0.hasPrefix("out") ? place.folder.file($0) : $0 }
    let run = try ToolRun(.run, [model, array] + paths)
    #expect(run.status == 64)
    #expect(run.errorLines.count == 1)
    #expect(!(try place.folder.names().contains { $0.hasPrefix("out") }))
  }

  @Test func aPictureThatIsTooSmallIsRefused() throws {
    let model = try place.model("vmamba-old", [], of: "state-space")
    let small = Fixtures.path("networks/input.3x5.npy")
    let run = try ToolRun(.run, [model, small, "-o", place.folder.file("out.npy")])
    #expect(run.status != 0)
    #expect(run.errorLines.count == 1)
    #expect(run.err.contains("too small"))
  }

  @Test func aNetworkThatGivesPicturesHasNoClasses() throws {
    let model = try place.model("dvmsr", [], of: "state-space")
    let input = Fixtures.path("state-space/input.9x11.npy")
    let run = try ToolRun(
      .run, [model, input, "-o", place.folder.file("out.npy"), "--top", "5"])
    #expect(run.status == 64)
    #expect(run.err.contains("no classes"))
  }

  @Test func tokensThatAreDrawnDependOnTheSeedAlone() throws {
    let input = Fixtures.path("state-space/input.9x11.npy")
    func values(_ seed: String, _ threads: String) throws -> [Float] {
      let model = try place.model(
        "mambairv2-x2", ["--set", "route=gumbel:\(seed)"], of: "state-space")
      let output = place.folder.file("out-\(seed)-\(threads).npy")
      let run = try ToolRun(.run, [model, input, "-o", output, "--threads", threads, "-q"])
      #expect(run.status == 0, "\(run.err)")
      return try place.array(at: output).values
    }
    let first = try values("1", "1")
    #expect(try values("1", "3") == first)
    #expect(try values("2", "1") != first)
  }
}
