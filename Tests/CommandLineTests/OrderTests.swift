import TestSupport
import Testing

/// Files that stand where another belongs.
@Suite struct OrderTests {
  private let place: Workplace

  init() throws {
    place = try Workplace()
    _ = try place.model("sisr")
    _ = try place.picture("in.png", width: 8, height: 8)
    _ = try place.array("in.npy", [1, 3, 8, 8])
  }

  private func run(_ tool: ToolName, _ arguments: String) throws -> ToolRun {
    try ToolRun(tool, arguments.split(separator: " ").map(String.init), in: place.folder.path)
  }

  @Test(arguments: [
    (ToolName.run, "in.png sisr.vmir", "vmir-run sisr.vmir in.png"),
    (.run, "in.png sisr.vmir -o out.png --json", "vmir-run sisr.vmir in.png"),
    (.run, "in.npy sisr.vmir", "vmir-run sisr.vmir in.npy"),
    (.run, ". sisr.vmir", "vmir-run sisr.vmir ."),
    (.validate, "in.npy --reference sisr.vmir", "vmir-validate sisr.vmir --reference in.npy"),
    (.validate, ". --ground-truth sisr.vmir", "vmir-validate sisr.vmir --ground-truth ."),
    (
      .validate, "in.png --images sisr.vmir --determinism",
      "vmir-validate sisr.vmir --images in.png"
    ),
  ])
  func aModelThatStandsSecondIsPutFirst(tool: ToolName, arguments: String, meant: String) throws {
    let ended = try run(tool, arguments)
    #expect(ended.status == 64)
    #expect(ended.errorLines.count == 1)
    #expect(ended.err.hasSuffix("; the model comes first: \(meant)\n"), "\(ended.err)")
  }

  @Test func whatIsMissingIsNotTakenForAModel() throws {
    let ended = try run(.run, "none.png sisr.vmir")
    #expect(ended.status == 66)
    #expect(ended.err == "error: none.png: no such file\n")
    let damaged = try place.folder.write([0x89] + Array("VMIR".utf8), to: "damaged.vmir")
    #expect(try run(.run, "\(damaged) sisr.vmir").status == 65)
  }

  @Test func anOutputWithoutItsOptionIsNoted() throws {
    let ended = try run(.run, "sisr.vmir in.png out.png")
    #expect(ended.status == 1)
    #expect(ended.err.contains("note: out.png: does not exist; -o names an output\n"))
  }

  @Test(arguments: [
    (ToolName.inspect, "in.png", 69, "is a PNG picture, not a .vmir file, a checkpoint"),
    (.inspect, "in.npy", 69, "is a NumPy array, not a .vmir file, a checkpoint"),
    (
      .validate, "sisr.vmir --reference sisr.vmir", 65,
      "is a .vmir file, not an .npz file or a folder of references"
    ),
    (
      .validate, "sisr.vmir --ground-truth in.png", 65,
      "is a PNG picture, not a folder of pictures"
    ),
  ])
  func aFileOfAnotherKindIsNamed(
    tool: ToolName, arguments: String, status: Int32, what: String
  ) throws {
    let ended = try run(tool, arguments)
    #expect(ended.status == status)
    #expect(ended.errorLines.count == 1)
    #expect(ended.err.contains(what), "\(ended.err)")
  }
}
