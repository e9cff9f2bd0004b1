import VMIRImage
import Foundation
import TestSupport
import Testing

/// Networks that an ONNX graph fixes to one size, here 24x16 pixels, enlarged twice.
@Suite struct FixedSizeTests {
  private let place: Workplace
  private let model: String

  init() throws {
    place = try Workplace()
    model = place.folder.file("compact.vmir")
    let run = try ToolRun(.convert, [Fixtures.path("onnx/compact.onnx"), "-o", model])
    guard run.status == 0 else { throw UnexpectedOutput(text: run.err) }
  }

  private func run(_ width: Int, _ height: Int, _ options: [String] = []) throws -> ToolRun {
    let input = try place.picture("a.png", width: width, height: height)
    return try ToolRun(
      .run, [model, input, "-o", "b.png"] + options, in: place.folder.path)
  }

  @Test(arguments: [(24, 16, ""), (60, 16, "3 tiles"), (31, 40, "6 tiles"), (5, 3, "padded")])
  func picturesOfOtherSizesAreCutOrContinuedAndThatIsSaid(
    width: Int, height: Int, note: String
  ) throws {
    let run = try run(width, height)
    #expect(run.status == 0, "\(run.err)")
    #expect(run.errorLines.count == (note.isEmpty ? 0 : 1))
    #expect(run.err.contains(note) || note.isEmpty, "\(run.err)")
    #expect(run.err.isEmpty || run.err.contains("takes pictures of 24x16 pixels only"))
    let picture = try place.picture(at: place.folder.file("b.png"))
    #expect((picture.width, picture.height) == (2 * width, 2 * height))
  }

  @Test(arguments: [["--tile", "off"], ["--tile", "20"], ["--tta"]])
  func optionsThatAskForAnotherSizeAreRefused(options: [String]) throws {
    let run = try run(60, 60, options)
    #expect(run.status == 69)
    #expect(run.errorLines.count == 1)
    #expect(run.err.contains(": the network takes pictures of 24x16 pixels only: "), "\(run.err)")
    #expect(try place.folder.names() == ["a.png", "compact.vmir"])
  }
}
