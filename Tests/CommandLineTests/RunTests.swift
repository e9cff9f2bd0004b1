import Foundation
import TestSupport
import Testing
import VMIR
import VMIRImage
import VMIROpenBLAS
import VMIRRuntime

@Suite struct RunTests {
  private let place: Workplace
  /// Enlarges by 4.
  private let model: String

  init() throws {
    place = try Workplace()
    model = try place.model("realsr")
  }

  private func run(_ arguments: [String]) throws -> ToolRun {
    try ToolRun(.run, [model] + arguments, in: place.folder.path)
  }

  /// Checks the line that tells of one restored picture.
  private func expectReport(_ run: ToolRun, _ path: String, _ size: String) {
    #expect(run.status == 0)
    #expect(run.err == "")
    #expect(run.out.hasPrefix("\(path): \(size) in "))
    #expect(run.out.hasSuffix(" s\n"))
    #expect(run.out.count(where: { $0 == "\n" }) == 1)
  }

  @Test func aPictureIsRestoredBesideItself() throws {
    let input = try place.picture("a.png", width: 16, height: 8)
    let output = place.folder.file("a_realsr.png")
    expectReport(try run([input]), output, "64x32")
    let picture = try place.picture(at: output)
    #expect((picture.width, picture.height, picture.kind) == (64, 32, .rgb))
    #expect(picture.samples.bitDepth == 8)
    #expect(try place.folder.names() == ["a.png", "a_realsr.png", "realsr.vmir"])
  }

  @Test func anArrayGivesAnArray() throws {
    let input = try place.array("a.npy", [1, 3, 9, 5])
    expectReport(try run([input]), place.folder.file("a_realsr.npy"), "20x36")
    let array = try place.array(at: place.folder.file("a_realsr.npy"))
    #expect(array.shape == [1, 3, 36, 20])
    #expect(array.values.allSatisfy { $0.isFinite })
  }

  @Test func anOutputMayBeAFileOrAFolder() throws {
    let input = try place.picture("a.png", width: 8, height: 8)
    expectReport(try run([input, "-o", "b.png"]), "b.png", "32x32")
    try FileManager.default.createDirectory(
      atPath: place.folder.file("out"), withIntermediateDirectories: false)
    expectReport(try run(["-o", "out", input]), "out/a_realsr.png", "32x32")
    expectReport(try run(["--output=out/", input]), "out/a_realsr.png", "32x32")
    #expect(
      try bytes(ofFile: place.folder.file("b.png"))
        == bytes(ofFile: place.folder.file("out/a_realsr.png")))
  }

  @Test func quietSaysNothing() throws {
    let input = try place.picture("a.png", width: 8, height: 8)
    for option in ["-q", "--quiet"] {
      let run = try run([input, option])
      #expect(run.status == 0)
      #expect(run.out == "")
      #expect(run.err == "")
    }
  }

  @Test func oneBadInputAmongSeveralFailsAndTheOthersAreRestored() throws {
    _ = try place.picture("a.png", width: 8, height: 8)
    _ = try place.picture("c.png", width: 9, height: 8)
    let run = try run(["a.png", "none.png", "c.png", "-o", "."])
    #expect(run.status == 1)
    #expect(run.err == "error: none.png: no such file\nerror: 1 of 3 pictures failed\n")
    #expect(run.out.hasPrefix("./a_realsr.png: 32x32 in "))
    #expect(run.out.hasSuffix("\n2 restored, 0 skipped, 1 failed\n"))
    #expect(run.out.contains("\n./c_realsr.png: 36x32 in "))
    #expect(
      try place.folder.names()
        == ["a.png", "a_realsr.png", "c.png", "c_realsr.png", "realsr.vmir"])
  }

  @Test func severalInputsNeedAFolder() throws {
    let run = try run(["a.png", "b.png", "-o", "c.png"])
    #expect(run.status == 64)
    #expect(run.err == "error: c.png: several inputs need a folder to go to\n")
  }

  @Test func theBytesAreTheSameOnAnyNumberOfThreads() throws {
    let input = try place.array("a.npy", [1, 3, 21, 30])
    var results: Set<[UInt8]> = []
    for threadCount in ["1", "2", "3"] {
      #expect(try run([input, "-o", "b.npy", "--threads", threadCount]).status == 0)
      results.insert(try bytes(ofFile: place.folder.file("b.npy")))
    }
    #expect(results.count == 1)
  }

  @Test func everyISAAndBackendGivesTheSamePictureButForRounding() throws {
    let input = try place.array("a.npy", [1, 3, 13, 17])
    var first: NpyArray?
    for isa in Kernels.available {
      for gemm in GEMMChoice.allCases {
        let run = try run([input, "-o", "b.npy", "--isa", isa, "--gemm", gemm.rawValue])
        #expect(run.status == 0)
        let array = try place.array(at: place.folder.file("b.npy"))
        let expected = first ?? array
        first = expected
        let metrics = try #require(ImageMetrics(array.values, expected.values))
        #expect(metrics.maxAbsolute < 2e-5, "\(isa) \(gemm.rawValue)")
      }
    }
  }

  @Test func kernelsThatAreNotThereAreNamed() throws {
    let run = try run(["a.png", "--isa", "vax"])
    #expect(run.status == 69)
    #expect(
      run.err == "error: \(model): this processor can't run the kernels vax; it has "
        + Kernels.available.joined(separator: ", ") + "\n")
  }

  @Test(arguments: ColorKind.allCases, [false, true])
  func kindAndDepthOfAPictureStay(kind: ColorKind, isSixteenBit: Bool) throws {
    let input = try place.picture(
      "a.png", width: 5, height: 6, kind: kind, isSixteenBit: isSixteenBit)
    #expect(try run([input, "-o", "b.png"]).status == 0)
    let picture = try place.picture(at: place.folder.file("b.png"))
    #expect((picture.width, picture.height, picture.kind) == (20, 24, kind))
    #expect(picture.samples.bitDepth == (isSixteenBit ? 16 : 8))
  }

  @Test(arguments: [(1, 1), (1, 9), (9, 1), (2, 3), (8, 7), (15, 17)])
  func picturesOfAnySizeAreRestoredWhole(width: Int, height: Int) throws {
    let input = try place.picture("a.png", width: width, height: height)
    expectReport(
      try run([input, "-o", "b.png"]), "b.png", "\(4 * width)x\(4 * height)")
    let picture = try place.picture(at: place.folder.file("b.png"))
    #expect((picture.width, picture.height) == (4 * width, 4 * height))
  }

  @Test func aPictureGivesWhatItsArrayGivesAfterRounding() throws {
    let input = try place.picture("a.png", width: 10, height: 12)
    let image = try place.picture(at: input).networkInput()
    let array = try place.folder.write(NpyArray(image).encode(), to: "a.npy")
    #expect(try run([input, array]).status == 0)
    let restored = try FloatImage(place.array(at: place.folder.file("a_realsr.npy")))
    let expected = try Picture(restored: restored, like: place.picture(at: input), scale: 4)
    #expect(try place.picture(at: place.folder.file("a_realsr.png")).samples == expected.samples)
  }

  @Test func theOtherViewOfAPairIsAFurtherPicture() throws {
    let model = try place.model("derain33-dual-pixel")
    let left = try place.picture("l.png", width: 10, height: 12)
    let right = try place.picture("r.png", width: 10, height: 12, isSixteenBit: true)
    func pair(_ arguments: [String]) throws -> ToolRun {
      try ToolRun(.run, [model] + arguments, in: place.folder.path)
    }
    expectReport(try pair([left, "--view", right, "-o", "b.png"]), "b.png", "10x12")
    let (first, second) = (
      try place.picture(at: left).networkInput(), try place.picture(at: right).networkInput()
    )
    var pixels: [Float] = []
    for start in stride(from: 0, to: 360, by: 3) {
      pixels += first.pixels[start..<start + 3]
      pixels += second.pixels[start..<start + 3]
    }
    let both = try #require(FloatImage(height: 12, width: 10, channels: 6, pixels: pixels))
    let array = try place.folder.write(NpyArray(both).encode(), to: "a.npy")
    #expect(try pair([array, "-o", "b.npy"]).status == 0)
    let restored = try FloatImage(place.array(at: place.folder.file("b.npy")))
    let expected = try Picture(restored: restored, like: place.picture(at: left), scale: 1)
    #expect(try place.picture(at: place.folder.file("b.png")).samples == expected.samples)

    let small = try place.picture("s.png", width: 9, height: 12)
    let refused: [(arguments: [String], status: Int32, message: String)] = [
      ([left], 69, "\(left): the network takes 6 channels, which a picture does not have"),
      ([left, "--mask", right], 64, "\(left): the network takes 6 channels, of which 1 are given"),
      ([left, "--view", small], 65, "\(small): has 9x12 pixels, the picture 10x12"),
      ([left, "--view", array], 65, "\(array): is not a PNG, JPEG, WebP, TIFF or BMP"),
      ([left, "--view", "none.png"], 66, "none.png: no such file"),
      ([array, "--view", right], 64, "\(right): goes with a picture"),
      ([left, right, "--view", right], 64, "--mask and --view go with one picture only"),
    ]
    for (arguments, status, message) in refused {
      let output = arguments[0] == array ? "c.npy" : "c.png"
      let run = try pair(arguments + ["-o", output])
      #expect(run.status == status)
      #expect(run.err.hasPrefix("error: " + message), "\(run.err)")
      #expect(run.errorLines.count == 1)
    }
  }

  @Test func aResultOfAnotherViewOrAccuracyIsNotSkipped() throws {
    let left = try place.picture("l.png", width: 10, height: 12)
    let first = try place.picture("r.png", width: 10, height: 12)
    let second = try place.picture("s.png", width: 10, height: 12, isSixteenBit: true)
    let model = try place.model("derain33-dual-pixel")
    func isSkipped(_ view: String, _ others: [String] = []) throws -> Bool {
      let arguments = [model, left, "--view", view, "-o", "c.png", "--skip-existing", "--json"]
      let run = try ToolRun(.run, arguments + others, in: place.folder.path)
      #expect(run.status == 0, "\(run.err)")
      return run.out.contains("\"status\":\"skipped\"")
    }
    #expect(try !isSkipped(first))
    #expect(try isSkipped(first))
    #expect(try !isSkipped(second))
    #expect(try !isSkipped(second, ["--conv", "direct"]))
    #expect(try isSkipped(second, ["--conv", "direct"]))
  }

  @Test(arguments: [
    ([0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 0x4A, 0x46, 0x49, 0x46], 65, "is a damaged JPEG"),
    (Array("GIF89a".utf8), 69, "is a GIF picture"), ([], 65, "is empty"),
    ([0x50, 0x4B, 3, 4], 65, "is not a PNG, JPEG, WebP, TIFF or BMP but a zip archive"),
  ])
  func filesThatAreNoPictureAreRefused(content: [UInt8], status: Int32, start: String) throws {
    _ = try place.folder.write(content, to: "a.png")
    let run = try run(["a.png"])
    #expect(run.status == status)
    #expect(run.err.hasPrefix("error: a.png: \(start)"))
    #expect(run.errorLines.count == 1)
    #expect(run.out == "")
    #expect(try place.folder.names() == ["a.png", "realsr.vmir"])
  }

  @Test func aJPEGGivesAPNGThatIsTheRightWayUp() throws {
    let jpeg = try Fixtures.bytes("jpeg/orientation-6.jpg")
    _ = try place.folder.write(jpeg, to: "a.jpg")
    expectReport(try run(["a.jpg"]), "a_realsr.png", "72x92")
    let found = try place.picture(at: place.folder.file("a_realsr.png")).samples
    // The same as of the picture that it decodes to.
    let picture = try Picture.decode(jpeg)
    _ = try place.folder.write(try picture.encode(), to: "b.png")
    #expect(try run(["b.png"]).status == 0)
    #expect(try place.picture(at: place.folder.file("b_realsr.png")).samples == found)
  }

  @Test func aTruncatedPictureIsRefusedAndLeavesNoOutput() throws {
    let whole = try bytes(ofFile: try place.picture("whole.png", width: 16, height: 16))
    for count in [1, 8, 20, 33, whole.count / 2, whole.count - 12, whole.count - 1] {
      _ = try place.folder.write(Array(whole[..<count]), to: "a.png")
      let run = try run(["a.png", "-o", "b.png"])
      #expect(run.status == 65)
      #expect(run.err.hasPrefix("error: a.png: is a damaged PNG: "))
      #expect(run.errorLines.count == 1)
      #expect(try place.folder.names() == ["a.png", "realsr.vmir", "whole.png"])
    }
  }

  @Test func arraysThatAreNoImageForTheNetworkAreRefused() throws {
    _ = try place.array("a.npy", [1, 4, 8, 8])
    _ = try place.array("b.npy", [3, 8, 8])
    let channels = try run(["a.npy"])
    #expect(channels.status == 65)
    #expect(channels.err == "error: a.npy: has 4 channels, the network takes 3\n")
    let shape = try run(["b.npy"])
    #expect(shape.status == 65)
    #expect(
      shape.err
        == "error: b.npy: has the shape [3, 8, 8] where an image [1, C, H, W] is needed\n")
  }

  @Test func modelsThatAreNoneAreRefused() throws {
    let checkpoint = Fixtures.path("networks/realsr.pth")
    let other = try ToolRun(.run, [checkpoint, "a.png"], in: place.folder.path)
    #expect(other.status == 69)
    #expect(other.err.hasPrefix("error: \(checkpoint): is a PyTorch checkpoint"))
    #expect(other.errorLines.count == 1)
    let none = try ToolRun(.run, ["none.vmir", "a.png"], in: place.folder.path)
    #expect(none.status == 66)
    #expect(none.err == "error: none.vmir: no such file\n")
    let folder = try ToolRun(.run, [".", "a.png"], in: place.folder.path)
    #expect(folder.status == 65)
    #expect(folder.err == "error: .: is a directory\n")
    let whole = try bytes(ofFile: model)
    _ = try place.folder.write(Array(whole.dropLast()), to: "short.vmir")
    let short = try ToolRun(.run, ["short.vmir", "a.png"], in: place.folder.path)
    #expect(short.status == 65)
    #expect(short.errorLines.count == 1)
  }

  @Test func anOutputThatCanNotBeWrittenIsNamedAndLeavesNothing() throws {
    _ = try place.picture("a.png", width: 8, height: 8)
    let missing = try run(["a.png", "-o", "a.png/b.png"])
    #expect(missing.status == 74)
    #expect(missing.err == "error: a.png/b.png: cannot be written: Not a directory\n")
    let device = try run(["a.png", "-o", "/dev/full"])
    #expect(device.status == 74)
    #expect(device.err == "error: /dev/full: cannot be written: is not a regular file\n")
    let full = try ToolRun(
      .run, [model, "a.png", "-o", "b.png"], in: place.folder.path,
      shell: "trap '' XFSZ; ulimit -f 1")
    #expect(full.status == 74)
    #expect(full.err == "error: b.png: cannot be written: File too large\n")
    #expect(try place.folder.names() == ["a.png", "realsr.vmir"])
  }

  @Test func aRunThatIsEndedLeavesNothing() throws {
    // Seconds of work for one thread, of which it gets a fraction.
    _ = try place.array("a.npy", [1, 3, 1024, 1024])
    let slow = try place.model("derain33")
    let started = try StartedTool(
      .run, [slow, "a.npy", "-o", "b.npy", "--isa", "generic", "--threads", "1"],
      in: place.folder.path, shell: nil)
    Thread.sleep(forTimeInterval: 0.2)
    started.terminate()
    _ = try started.finish()
    #expect(started.wasEndedBySignal)
    #expect(try place.folder.names() == ["a.npy", "derain33.vmir", "realsr.vmir"])
  }
}
