import Foundation
import TestSupport
import Testing

/// `vmir-convert --weights int8` and what can be done with its files.
@Suite struct IntegerTests {
  private let place: Workplace
  private let checkpoint = Fixtures.path("networks/sisr.pth")

  init() throws { place = try Workplace() }

  private func convert(_ arguments: [String]) throws -> ToolRun {
    try ToolRun(.convert, [checkpoint, "--weights", "int8"] + arguments, in: place.folder.path)
  }

  @Test func integersTakeLessRoomAndTheReportIsInTheFile() throws {
    let target = place.folder.file("int8.vmir")
    let run = try convert(["-o", target, "--max-drop", "3", "--json"])
    #expect(run.status == 0 && run.err == "")
    let json = try run.json()
    #expect(json["weights"] as? String == "int8")
    let report = try #require(json["quantization"] as? [String: Any])
    #expect(report["calibration"] as? String == "4 synthetic images")
    #expect(report["maxDrop"] as? Double == 3)
    let drop = try #require(report["drop"] as? Double)
    #expect(drop >= 0 && drop <= 3)
    let layers = try #require(report["layers"] as? [[String: Any]])
    #expect(Set(layers.compactMap { $0["form"] as? String }) == ["float", "int8", "int8-weight"])
    let half = place.folder.file("half.vmir")
    #expect(
      try ToolRun(
        .convert, [checkpoint, "-o", half, "--weights", "f16"], in: place.folder.path
      ).status == 0)
    #expect(try byteCount(ofFile: target) < byteCount(ofFile: half))
    let inspected = try ToolRun(.inspect, [target, "--json"], in: place.folder.path).json()
    let stored = try #require(inspected["quantization"] as? [String: Any])
    #expect(NSDictionary(dictionary: stored) == NSDictionary(dictionary: report))
  }

  @Test func theTableHasALineForEachLayer() throws {
    let run = try convert(["-o", "a.vmir", "--max-drop", "3", "--layers"])
    #expect(run.status == 0)
    let lines = run.out.split(separator: "\n")
    let heading = try #require(lines.firstIndex { $0.hasPrefix("  layer  ") })
    let rows = lines[(heading + 1)...].map { $0.split(separator: " ") }
    #expect(rows.count > 20)
    #expect(rows.allSatisfy { $0.count >= 7 && ["int8", "int8-weight", "float"].contains($0[1]) })
    #expect(rows.first?.first == "patch_embed.proj")
    let inspected = try ToolRun(.inspect, ["a.vmir"], in: place.folder.path).out
    #expect(inspected.hasSuffix(lines[heading...].joined(separator: "\n") + "\n"))
  }

  @Test func aFolderOfPicturesCalibrates() throws {
    let pictures = place.folder.file("pictures")
    try FileManager.default.createDirectory(
      atPath: pictures, withIntermediateDirectories: false)
    let empty = try convert(["-o", "a.vmir", "--calibrate", "pictures"])
    #expect(empty.status == 66)
    #expect(
      empty.err
        == "error: pictures: has no PNG, JPEG, WebP, TIFF or BMP pictures to calibrate with\n")
    try Data(try Fixtures.bytes("png/PngSuite/basn2c08.png")).write(
      to: URL(fileURLWithPath: pictures + "/photo.png"))
    let run = try convert([
      "-o", "a.vmir", "--max-drop", "3", "--calibrate", "pictures", "--activations", "static",
    ])
    #expect(run.status == 0)
    #expect(run.out.contains(" dB from the original on 8 parts of 1 picture: "))
    #expect(
      try ToolRun(.inspect, ["a.vmir", "--graph"], in: place.folder.path).out.contains(
        "smoothed = true, scale = "))
  }

  @Test func optionsOfIntegersNeedIntegers() throws {
    for option in [["--calibrate", "x"], ["--activations", "static"], ["--layers"]] {
      let run = try ToolRun(.convert, [checkpoint] + option, in: place.folder.path)
      #expect(run.status == 64)
      #expect(
        run.err == "error: --calibrate, --activations and --layers go with --weights int8\n")
    }
    let run = try convert(["--max-drop", "0"])
    #expect(run.status == 64)
    #expect(run.err == "error: \(checkpoint): the drop must be more than 0 dB\n")
  }
}
