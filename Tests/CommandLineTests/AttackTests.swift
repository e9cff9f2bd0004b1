import Foundation
import TestSupport
import Testing

/// Files and outputs that once made a tool crash, hang or destroy something.
@Suite(.timeLimit(.minutes(5))) struct AttackTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  private func run(_ tool: ToolName, _ arguments: [String], shell: String? = nil) throws -> ToolRun
  {
    try ToolRun(tool, arguments, in: place.folder.path, shell: shell)
  }

  private func pipe(_ name: String) throws -> String {
    try #require(mkfifo(place.folder.file(name), 0o600) == 0)
    return name
  }

  // MARK: Numbers

  @Test func everyModelOfTheFixturesIsListed() throws {
    let files = FileManager.default.enumerator(atPath: Fixtures.path(""))
    var count = 0
    while let name = files?.nextObject() as? String {
      guard name.hasSuffix(".onnx") else { continue }
      let listed = try run(.inspect, [Fixtures.path(name), "--tensors"])
      #expect(listed.status == 0 || listed.status == 65 || listed.status == 69, "\(name)")
      count += 1
    }
    #expect(count > 3)
  }

  @Test func integersAreShownToTheLastDigit() throws {
    let header = #"{"a":{"dtype":"I64","shape":[3],"data_offsets":[0,24]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    bytes += Array(header.utf8)
    for value in [Int64.max, Int64.min, 9_007_199_254_740_993] {
      bytes += withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    _ = try place.folder.write(bytes, to: "a.safetensors")
    let listed = try run(.inspect, ["a.safetensors", "--tensors"])
    #expect(listed.status == 0)
    #expect(
      listed.out.contains("[9223372036854775807, -9223372036854775808, 9007199254740993]"))
  }

  // MARK: Pipes

  @Test(arguments: [ToolName.convert, .inspect])
  func aPipeWithoutAWriterIsNotWaitedFor(tool: ToolName) throws {
    let ended = try run(tool, [try pipe("p.pth")])
    #expect(ended.status == 65)
    #expect(ended.err == "error: p.pth: is a pipe that nothing is written to\n")
  }

  @Test func pipesAsModelAndPictureAreNotWaitedFor() throws {
    let model = try place.model("sisr")
    let picture = try place.picture("a.png", width: 8, height: 8)
    #expect(try run(.run, [try pipe("m.vmir"), picture, "-o", "o.png"]).status == 65)
    #expect(try run(.run, [model, try pipe("p.png"), "-o", "o.png"]).status == 65)
    #expect(try run(.validate, [model, "--reference", try pipe("r.npz")]).status == 65)
    #expect(try run(.convert, ["/dev/zero", "-o", "o.vmir"]).status == 65)
  }

  @Test func aPipeThatIsNamedIsRead() throws {
    let checkpoint = Fixtures.path("networks/sisr.pth")
    let model = try place.model("sisr")
    let piped = try run(
      .convert, ["p", "-o", "o.vmir"],
      shell: "mkfifo p; cat '\(checkpoint)' > p & while ! test -p p; do :; done; sleep 0.2")
    #expect(piped.err == "")
    #expect(piped.status == 0)
    #expect(try byteCount(ofFile: place.folder.file("o.vmir")) > 1000)
    _ = model
  }

  // MARK: Outputs

  @Test func aConversionNeverReplacesItsInput() throws {
    let bytes = try Fixtures.bytes("networks/sisr.pth")
    let path = try place.folder.write(bytes, to: "own.pth")
    try FileManager.default.linkItem(atPath: path, toPath: place.folder.file("hard.vmir"))
    try FileManager.default.createSymbolicLink(
      atPath: place.folder.file("soft.vmir"), withDestinationPath: "own.pth")
    for output in ["own.pth", "./own.pth", "hard.vmir", "soft.vmir"] {
      let ended = try run(.convert, ["own.pth", "-o", output])
      #expect(ended.status == 64)
      #expect(ended.errorLines.count == 1)
      #expect(try TestBytes.of(path) == bytes)
    }
  }

  @Test func aReportNeverReplacesWhatIsCompared() throws {
    let model = try place.model("sisr")
    let before = try TestBytes.of(model)
    let ended = try run(.validate, [model, "--determinism", "--report", model])
    #expect(ended.status == 64)
    #expect(try TestBytes.of(model) == before)
  }

  @Test func aFileOfAnotherKindIsReplacedOnRequestOnly() throws {
    let model = try place.model("sisr")
    let checkpoint = Fixtures.path("networks/sisr.pth")
    let notes = Array("dear diary".utf8)
    for (tool, arguments, output) in [
      (ToolName.convert, [checkpoint, "-o"], "o.vmir"),
      (.validate, [model, "--determinism", "--report"], "r.html"),
    ] {
      let path = try place.folder.write(notes, to: output)
      let refused = try run(tool, arguments + [output])
      #expect(refused.status == 64)
      #expect(refused.err.hasPrefix("error: \(output): is there, and is no "))
      #expect(try TestBytes.of(path) == notes)
      #expect(try run(tool, arguments + [output, "--overwrite"]).status == 0)
      #expect(try TestBytes.of(path) != notes)
      // What the tool wrote it may write again.
      #expect(try run(tool, arguments + [output]).status == 0)
    }
  }

  @Test func anOutputThroughALinkKeepsTheLink() throws {
    try FileManager.default.createSymbolicLink(
      atPath: place.folder.file("link.vmir"), withDestinationPath: "target.vmir")
    let checkpoint = Fixtures.path("networks/sisr.pth")
    #expect(try run(.convert, [checkpoint, "-o", "link.vmir"]).status == 0)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: place.folder.file("link.vmir"))
        == "target.vmir")
    #expect(try byteCount(ofFile: place.folder.file("target.vmir")) > 1000)
  }

  @Test func aReportThatIsLostIsAnError() throws {
    let checkpoint = Fixtures.path("networks/sisr.pth")
    for arguments in [[checkpoint], [checkpoint, "--json"], [checkpoint, "--graph"]] {
      #expect(try run(.inspect, arguments, shell: "exec >/dev/full").status == 74)
    }
  }

  // MARK: Names

  @Test func namesInFilesDoNotReachTheTerminalAsTheyAre() throws {
    let name = "a\u{1B}[31m\u{9B}2J\u{202E}b"
    let header =
      "{\"a\\u001b[31m\\u009b2J\\u202eb\":{\"dtype\":\"U8\",\"shape\":[1],"
      + "\"data_offsets\":[0,1]}}"
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    bytes += Array(header.utf8) + [7]
    _ = try place.folder.write(bytes, to: "a.safetensors")
    for arguments in [["--tensors"], ["--tensors", "--json"], ["--graph"], []] {
      let ended = try run(.inspect, ["a.safetensors"] + arguments)
      let said = ended.out + ended.err
      #expect(!said.contains(name))
      #expect(said.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value < 0x7F })
    }
  }

  // MARK: Other files

  @Test(arguments: [
    (
      "a.pth",
      Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 22) + [10, 0, 0, 0]
        + Array("m/data.pkl".utf8) + [0, 0], "PyTorch checkpoint", "vmir-convert"
    ),
    ("a.ort", [0, 0, 0, 0] + Array("ORTM".utf8), "ONNX Runtime", ".onnx"),
    ("a.param", Array("7767517\n1 1\n".utf8), "ncnn", "ONNX"),
    ("a.xml", Array("<?xml version=\"1.0\"?><net name=\"a\">".utf8), "OpenVINO", "ONNX"),
    ("a.tflite", [28, 0, 0, 0] + Array("TFL3".utf8), "TensorFlow Lite", "ONNX"),
    ("a.h5", [0x89] + Array("HDF\r\n".utf8), "HDF5", "ONNX"),
  ])
  func aFileOfAnotherKindIsNamedWithTheNextStep(
    name: String, bytes: [UInt8], kind: String, step: String
  ) throws {
    _ = try place.folder.write(bytes, to: name)
    let picture = try place.picture("p.png", width: 8, height: 8)
    var ends = [
      try run(.run, [name, picture, "-o", "o.png"]),
      try run(.validate, [name, "--determinism"]),
    ]
    if name != "a.pth" {
      ends += [try run(.convert, [name, "-o", "o.vmir"]), try run(.inspect, [name])]
    }
    for ended in ends {
      #expect(ended.status == 65 || ended.status == 69)
      #expect(ended.errorLines.count == 1)
      #expect(ended.err.contains(kind) && ended.err.contains(step), "\(ended.err)")
    }
    #expect(!FileManager.default.fileExists(atPath: place.folder.file("o.png")))
  }

  @Test func aModelIsNotConvertedAgain() throws {
    let model = try place.model("sisr")
    for options in [[], ["-o", "o.vmir"], ["-o", model], ["--weights", "int8"], ["--dry-run"]] {
      let ended = try run(.convert, [model] + options)
      #expect(ended.status == 69)
      #expect(
        ended.err == "error: \(model): is a .vmir file already: vmir-run runs it, vmir-inspect "
          + "shows what is in it; for other weights convert its checkpoint again\n")
    }
  }

  @Test func aLargeForeignFileIsRefusedByItsFirstBytes() throws {
    let path = try place.folder.write([], to: "large")
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: 1 << 42)
    let ended = try run(.convert, ["large", "-o", "o.vmir"])
    #expect(ended.status == 65)
    #expect(ended.err == "error: large: is not a PyTorch checkpoint\n")
  }
}

/// All bytes of a file.
private enum TestBytes {
  static func of(_ path: String) throws -> [UInt8] { try bytes(ofFile: path) }
}
