import Foundation
import TestSupport
import Testing

@Suite struct ConvertTests {
  private let place: Workplace
  private let checkpoint = Fixtures.path("networks/realsr.pth")
  private let network =
    "MambaRealSR11 x4, dim 4, blocks 1+1+1+1+1+1+1 and 1 refinement, "
    + "channel scan over 1 row merged by multiply_add, 79821 parameters"

  init() throws { place = try Workplace() }

  private func convert(_ arguments: [String]) throws -> ToolRun {
    try ToolRun(.convert, arguments, in: place.folder.path)
  }

  /// Checks that a run ended with one line about a file and left nothing behind.
  private func expectFailure(
    _ run: ToolRun, _ status: Int32, _ line: String, leaving names: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(run.status == status, sourceLocation: sourceLocation)
    #expect(run.err == "error: \(line)\n", sourceLocation: sourceLocation)
    #expect(run.out == "", sourceLocation: sourceLocation)
    #expect(try place.folder.names() == names, sourceLocation: sourceLocation)
  }

  @Test func aCheckpointBecomesAFileThatTheReportDescribes() throws {
    let target = place.folder.file("out.vmir")
    let run = try convert([checkpoint, "-o", target])
    #expect(run.status == 0)
    #expect(run.err == "")
    let share = try 100 * byteCount(ofFile: target) / byteCount(ofFile: checkpoint)
    #expect(
      run.out == """
        \(checkpoint): \(network)
        \(target): \(try byteText(ofFile: target)) f32, \(share) % of \
        \(try byteText(ofFile: checkpoint))

        """)
    #expect(try place.folder.names() == ["out.vmir"])
  }

  @Test func theDefaultOutputLiesInTheWorkingFolder() throws {
    let run = try convert([checkpoint])
    #expect(run.status == 0)
    #expect(try place.folder.names() == ["realsr.vmir"])
    #expect(run.out.contains("\nrealsr.vmir: "))
  }

  @Test func convertingTwiceGivesTheSameBytes() throws {
    #expect(try convert([checkpoint, "-o", "a.vmir"]).status == 0)
    #expect(try convert([checkpoint, "-o", "b.vmir"]).status == 0)
    #expect(
      try bytes(ofFile: place.folder.file("a.vmir"))
        == bytes(ofFile: place.folder.file("b.vmir")))
  }

  @Test func jsonHoldsTheWholeReport() throws {
    let target = place.folder.file("out.vmir")
    let json = try convert([checkpoint, "-o", target, "--json"]).json()
    #expect(json["input"] as? String == checkpoint)
    #expect(json["inputBytes"] as? Int == (try byteCount(ofFile: checkpoint)))
    #expect(json["output"] as? String == target)
    #expect(json["outputBytes"] as? Int == (try byteCount(ofFile: target)))
    #expect(json["architecture"] as? String == "MambaRealSR11")
    #expect(json["merge"] as? String == "multiply_add")
    #expect(json["task"] as? String == "super_resolution")
    #expect(json["scale"] as? Int == 4)
    #expect(json["parameters"] as? Int == 79821)
    #expect(json["key"] as? String == "params")
    #expect(json["otherKeys"] as? [String] == [])
    #expect(json["weights"] as? String == "f32")
    #expect((json["sha256"] as? String)?.count == 64)
    #expect(json.count == 14)
  }

  @Test func aDryRunReportsAndWritesNothing() throws {
    let run = try convert([checkpoint, "-o", "out.vmir", "--dry-run"])
    #expect(run.status == 0)
    #expect(run.out == "\(checkpoint): \(network)\n")
    #expect(try place.folder.names() == [])
    let json = try convert([checkpoint, "--dry-run", "--json"]).json()
    #expect(json["output"] == nil)
    #expect(json["outputBytes"] == nil)
    #expect(try place.folder.names() == [])
  }

  @Test func halfWeightsTakeLessRoom() throws {
    let full = try place.model("derain32")
    let half = place.folder.file("half.vmir")
    let run = try convert([
      Fixtures.path("networks/derain32.pth"), "-o", half, "--weights", "f16",
    ])
    #expect(run.status == 0)
    #expect(run.out.contains(" f16, "))
    #expect(try byteCount(ofFile: half) * 100 < byteCount(ofFile: full) * 80)
  }

  @Test func theKeyIsChosenAndTheOthersAreNamed() throws {
    let both = Fixtures.path("networks/derain32-ema.pth")
    let averaged = try convert([both, "-o", "a.vmir"])
    #expect(
      averaged.out.contains(
        "\n  weights from params_ema, averaged; the file has params too, which --key takes\n"))
    let plain = try convert([both, "-o", "b.vmir", "--key", "params"])
    #expect(
      plain.out.contains(
        "\n  weights from params; the file has params_ema too, which --key takes\n"))
    #expect(
      try bytes(ofFile: place.folder.file("a.vmir"))
        != bytes(ofFile: place.folder.file("b.vmir")))
    let none = try convert([both, "-o", "c.vmir", "--key", "net"])
    try expectFailure(
      none, 65, "\(both): has no key net; it has the keys params, params_ema",
      leaving: ["a.vmir", "b.vmir"])
  }

  @Test func whatTheNetworkWantsOfPixelsIsRecordedAndUndone() throws {
    let plain = try place.model("derain32")
    let ranged = place.folder.file("ranged.vmir")
    let run = try convert([
      Fixtures.path("networks/derain32.pth"), "-o", ranged, "--range", "255", "--color-order",
      "bgr",
    ])
    #expect(run.status == 0, "\(run.err)")
    let text = try ToolRun(.inspect, [ranged, "--graph"]).out
    #expect(text.contains("range") && text.contains("0.0,255.0") && text.contains("bgr"))
    #expect(try bytes(ofFile: plain) != bytes(ofFile: ranged))
    for (options, message) in [
      (["--range", "0"], "--range takes a number over 0"),
      (["--range", "a"], "--range takes numbers"),
      (["--mean", "1,2"], "mean has 2 values for 3 channels"), (["--std", "0"], "std is 0"),
    ] {
      let refused = try convert([checkpoint, "-o", "x.vmir", "--dry-run"] + options)
      #expect(refused.status == 64)
      #expect(refused.err.contains(message), "\(refused.err)")
    }
  }

  @Test func anArchitectureThatContradictsTheTensorsIsRefused() throws {
    try expectFailure(
      try convert([checkpoint, "-o", "a.vmir", "--arch", "MambaSISR6"]), 65,
      "\(checkpoint): can't be MambaSISR6: it has conv_cin in each block, these have none")
    let right = try convert([checkpoint, "-o", "a.vmir", "--arch", "MambaRealSR11"])
    #expect(right.status == 0)
  }

  @Test func aMissingInputIsNoInput() throws {
    try expectFailure(
      try convert(["none.pth", "-o", "a.vmir"]), 66, "none.pth: no such file")
  }

  @Test func aFolderIsNotACheckpoint() throws {
    try FileManager.default.createDirectory(
      atPath: place.folder.file("unpacked"), withIntermediateDirectories: false)
    try expectFailure(
      try convert(["unpacked", "-o", "a.vmir"]), 65,
      "unpacked: is a directory; if it is an unpacked checkpoint, name the original file or zip "
        + "it again", leaving: ["unpacked"])
  }

  @Test(arguments: [
    "", "<!DOCTYPE html><html></html>", "version https://git-lfs.github.com/spec/v1\noid sha256:0",
    "\u{1F}\u{8B}\u{08}", "7z\u{BC}\u{AF}\u{27}\u{1C}", "PK\u{03}\u{04}",
    "\u{80}\u{02}\u{8A}\u{0A}l", "{\"a\": 1}",
  ])
  func brokenDownloadsAreRefusedInOneLine(content: String) throws {
    let latin1 = content.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    _ = try place.folder.write(latin1, to: "bad.pth")
    let run = try convert(["bad.pth", "-o", "a.vmir"])
    #expect(run.status == 65 || run.status == 69)
    #expect(run.errorLines.count == 1)
    #expect(run.err.hasPrefix("error: bad.pth: "))
    #expect(run.out == "")
    #expect(try place.folder.names() == ["bad.pth"])
  }

  @Test func aTruncatedCheckpointIsRefusedAtAnyLength() throws {
    let whole = try bytes(ofFile: checkpoint)
    for part in 1..<12 {
      _ = try place.folder.write(Array(whole[..<(whole.count * part / 12)]), to: "bad.pth")
      let run = try convert(["bad.pth", "-o", "a.vmir"])
      #expect(run.status == 65)
      #expect(run.errorLines.count == 1)
      #expect(try place.folder.names() == ["bad.pth"])
    }
  }

  @Test func anOutputThatCanNotBeWrittenIsNamed() throws {
    try expectFailure(
      try convert([checkpoint, "-o", "none/a.vmir"]), 74,
      "none/a.vmir: cannot be written: No such file or directory")
    try expectFailure(
      try convert([checkpoint, "-o", "."]), 74, ".: cannot be written: is a directory")
    try expectFailure(
      try convert([checkpoint, "-o", "/dev/full"]), 74,
      "/dev/full: cannot be written: is not a regular file")
  }

  @Test func aFullDiskLeavesTheOldFileAndNothingElse() throws {
    let path = try place.folder.write([1, 2, 3], to: "a.vmir")
    // A limit on the file size stands for a full disk.
    let run = try ToolRun(
      .convert, [checkpoint, "-o", "a.vmir", "--overwrite"], in: place.folder.path,
      shell: "ulimit -f 8")
    try expectFailure(
      run, 74, "a.vmir: cannot be written: File too large", leaving: ["a.vmir"])
    #expect(try bytes(ofFile: path) == [1, 2, 3])
  }

  @Test func standardOutputThatIsFullIsAFailedOutput() throws {
    let run = try ToolRun(
      .convert, [checkpoint, "--dry-run"], in: place.folder.path, shell: "exec >/dev/full")
    try expectFailure(
      run, 74, "standard output: cannot be written: No space left on device")
  }
}
