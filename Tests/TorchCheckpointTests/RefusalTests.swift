import TestSupport
import Testing
import TorchCheckpoint
import VMIRCore
import ZipArchive

@Suite struct RefusalTests {
  func refusal(_ bytes: [UInt8]) -> TorchCheckpointError? {
    do throws(TorchCheckpointError) {
      _ = try TorchCheckpoint.open(.memory(bytes))
      return nil
    } catch {
      return error
    }
  }

  func refusal(_ builder: ZipBuilder) -> TorchCheckpointError? { refusal(builder.bytes) }

  // MARK: Other files

  static let tar = [UInt8](repeating: 0x61, count: 257) + Array("ustar\u{0}00".utf8)

  static let others: [([UInt8], FileKind, VMIRCore.ExitStatus)] = [
    ([], .empty, .badInput),
    (Array("<!DOCTYPE html>".utf8), .html, .badInput),
    (Array("\u{FEFF} \n<html>".utf8), .html, .badInput),
    (Array("version https://git-lfs.github.com/spec/v1\n".utf8), .gitLFSPointer, .badInput),
    ([0x1F, 0x8B, 8, 0], .gzip, .unsupported),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], .xz, .unsupported),
    (Array("BZh9".utf8), .bzip2, .unsupported),
    ([0x28, 0xB5, 0x2F, 0xFD, 0], .zstd, .unsupported),
    ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], .sevenZip, .unsupported),
    (Array("Rar!\u{1A}".utf8), .rar, .unsupported),
    (tar, .tar, .unsupported),
    (Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) }), .npy, .unsupported),
    ([0x89, 0x48, 0x44, 0x46], .hdf5, .unsupported),
    (Array("GGUF".utf8), .gguf, .unsupported),
    (Array("{ \"error\": 404 }".utf8), .json, .badInput),
    (Term.dict([]).pickle, .pickle, .unsupported),
    ([0, 0, 0, 0] + Array("ORTM".utf8), .onnxRuntime, .unsupported),
    ([0x1C, 0, 0, 0] + Array("TFL3".utf8), .tensorFlowLite, .unsupported),
    ([0x18, 0, 0, 0] + Array("PTMF".utf8), .torchScript, .unsupported),
    (Array("7767517\n3 3\n".utf8), .ncnn, .unsupported),
    ([0x47, 0x6B, 0x30, 0x01, 0, 0], .ncnn, .unsupported),
    (Array("<?xml version=\"1.0\"?>\n<net name=\"a\">".utf8), .openVINO, .unsupported),
    ([0x08, 0x01, 0x12, 0x08, 0x0A, 0x02], .tensorFlow, .unsupported),
    ([0x0A, 0x11, 0x0A, 0x01] + Array("x\u{12}\u{0B}Placeholder".utf8), .tensorFlow, .unsupported),
    ([0x08, 0x04, 0x12, 0x85, 0x01, 0x0A, 0x02], .coreML, .unsupported),
    (Array("\u{8D}VMIR\r\n".unicodeScalars.map { UInt8($0.value) }), .vmir, .unsupported),
    ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A], .png, .unsupported),
    ([0x08, 0x08, 0x12, 0x07] + Array("pytorch".utf8), .onnx, .unsupported),
    (Array("abc".utf8), .unknown, .badInput),
    (little(UInt64.max) + Array("{}".utf8), .unknown, .badInput),
  ]

  @Test(arguments: others)
  func otherFilesAreNamed(bytes: [UInt8], kind: FileKind, status: VMIRCore.ExitStatus) {
    let error = refusal(bytes)
    #expect(error == .foreign(.kind(kind)))
    #expect(error?.exitStatus == status)
  }

  @Test func everyKindOfFileHasItsOwnReason() {
    let kinds = FileKind.allCases.map { ForeignFile.kind($0) }
    let files = kinds + [.torchExport, .keras, .archive(of: ["a.pth"]), .otherArchive]
    let reasons = files.map { TorchCheckpointError.foreign($0).diagnosis }
    #expect(Set(reasons).count == reasons.count)
    #expect(
      TorchCheckpointError.foreign(.kind(.html)).diagnosis
        == "is a web page, not a PyTorch checkpoint; the download gave an HTML page instead")
    #expect(
      TorchCheckpointError.foreign(.kind(.gitLFSPointer)).diagnosis
        == "is a Git LFS pointer, not the checkpoint; fetch it with git lfs pull")
  }

  @Test func aDirectoryIsNamed() throws {
    let error = TorchCheckpointError.directory
    let folder = try TemporaryFolder()
    #expect(throws: error) { try TorchCheckpoint.open(path: folder.path) }
    #expect(
      error.diagnosis
        == "is a directory; if it is an unpacked checkpoint, name the original file or zip it again"
    )
  }

  @Test func aMissingFileIsNamed() throws {
    let error = TorchCheckpointError.file(.notFound)
    #expect(throws: error) { try TorchCheckpoint.open(path: "/nonexistent/x.pth") }
    #expect(error.exitStatus == .missingInput)
  }

  // MARK: Archives

  @Test func aZipArchiveThatIsCutOffIsNamed() throws {
    let bytes = try Fixtures.bytes("checkpoints/views.pt")
    let error = refusal(Array(bytes.prefix(5000)))
    #expect(error == .cutOff(byteCount: 5000))
    #expect(
      error?.diagnosis
        == "is cut off after 5000 bytes: it starts as a zip archive and has no end; "
        + "download it again")
  }

  @Test func archivesOfOtherKindsAreNamed() {
    #expect(refusal(ZipBuilder()) == .foreign(.otherArchive))
    #expect(refusal(ZipBuilder([.init("a/b.txt", [])])) == .foreign(.otherArchive))
    #expect(refusal(ZipBuilder([.init("a/b/data.pkl", [])])) == .foreign(.otherArchive))
    #expect(
      refusal(ZipBuilder([.init("x.npy", []), .init("y.npy", [])]))
        == .foreign(.kind(.numpyArchive)))
    #expect(refusal(ZipBuilder([.init("p/archive_format", [])])) == .foreign(.torchExport))
    let keras = ZipBuilder([.init("config.json", []), .init("model.weights.h5", [])])
    #expect(refusal(keras) == .foreign(.keras))
  }

  @Test func anArchiveAroundCheckpointsNamesThem() {
    let names = ["readme.txt", "models/net_g_latest.pth", "__MACOSX/._net_g_latest.pth"]
    let error = refusal(ZipBuilder(names.map { .init($0, [1]) }))
    #expect(error == .foreign(.archive(of: ["models/net_g_latest.pth"])))
    #expect(error?.exitStatus == .unsupported)
    #expect(
      error?.diagnosis
        == "is a zip archive that holds models/net_g_latest.pth; unpack it and convert that file")
  }

  @Test(arguments: ["m/constants.pkl", "m/code/__torch__.py"])
  func torchScriptIsNamed(member: String) {
    var builder = checkpointArchive(.dict([]))
    builder.members.append(.init(member, []))
    let error = refusal(builder)
    #expect(error == .foreign(.kind(.torchScript)))
    #expect(
      error?.diagnosis
        == "is a TorchScript archive; load it with torch.jit.load and save its state_dict() "
        + "with torch.save")
  }

  @Test func severalPicklesAreRefused() {
    var builder = checkpointArchive(.dict([]))
    builder.members.append(.init("n/data.pkl", Term.dict([]).pickle))
    #expect(refusal(builder) == .severalPickles(names: ["m/data.pkl", "n/data.pkl"]))
  }

  @Test func aFolderZippedWithoutItsNameIsRead() throws {
    let builder = ZipBuilder([
      .init("data.pkl", Term.dict([(.text("w"), .tensor())]).pickle),
      .init("data/0", storageBytes([1, 2, 3, 4])),
    ])
    let dict = try TorchCheckpoint.open(.memory(builder.bytes)).stateDict()
    #expect(try values(dict.entries.first) == [1, 2, 3, 4])
  }

  @Test func versionAndByteOrderAreChecked() {
    for (name, text, expected) in [
      ("version", "11\n", TorchCheckpointError.unknownVersion(text: "11")),
      ("version", "x", .unknownVersion(text: "x")),
      ("byteorder", "middle", .unknownByteOrder(text: "middle")),
    ] {
      var builder = ZipBuilder([.init("m/data.pkl", Term.dict([]).pickle)])
      builder.members.append(.init("m/\(name)", Array(text.utf8)))
      #expect(refusal(builder) == expected)
    }
    #expect(
      TorchCheckpointError.unknownByteOrder(text: "middle").diagnosis
        == "has the byte order middle, neither little nor big")
  }

  @Test func damageOfTheArchiveOrThePickleIsNamed() {
    var builder = checkpointArchive(.dict([]))
    builder.members[1].flags = 1
    builder.members.append(builder.members[0])
    #expect(refusal(builder) == .zip(.duplicateName(name: "m/data.pkl")))
    var damaged = checkpointArchive(.opcodes([0xFF]))
    #expect(refusal(damaged) == .pickle(.unknownOpcode(opcode: 0xFF, offset: 2)))
    damaged.members[0].crc32 = 1
    guard case .zip(.checksumMismatch) = refusal(damaged) else {
      Issue.record("the checksum of the pickle is not compared")
      return
    }
  }

  // MARK: Legacy files

  /// A legacy file of a root and a list of storage keys, followed by data.
  func legacy(
    magic: Term = .opcodes([0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]),
    version: Int = 1001, system: Term = .dict([(.text("little_endian"), .bool(true))]),
    root: Term, keys: Term, data: [UInt8]
  ) -> [UInt8] {
    [magic, .int(version), system, root, keys].flatMap(\.pickle) + data
  }

  func root(_ reference: Term) -> Term {
    .dict([(.text("w"), .tensor(in: reference)), (.text("n"), .int(1))])
  }

  func legacyStorage(
    _ type: String = "FloatStorage", key: String = "7", count: Int = 4, view: Term = .none
  ) -> Term {
    .persistent(
      .tuple([
        .text("storage"), .global("torch", type), .text(key), .text("cpu"), .int(count), view,
      ]))
  }

  @Test func aLegacyFileIsRead() throws {
    let bytes = legacy(
      root: root(legacyStorage()), keys: .list([.text("7")]),
      data: little(Int64(4)) + storageBytes([1, 2, 3, 4]))
    let dict = try TorchCheckpoint.open(.memory(bytes)).stateDict()
    #expect(try values(dict.entries.first) == [1, 2, 3, 4])
    let viewed = legacy(
      root: root(
        legacyStorage(count: 6, view: .tuple([.text("8"), .int(1), .int(4)]))),
      keys: .list([.text("7")]), data: little(Int64(6)) + storageBytes([1, 2, 3, 4, 5, 6]))
    let view = try TorchCheckpoint.open(.memory(viewed)).stateDict()
    #expect(try values(view.entries.first) == [2, 3, 4, 5])
  }

  @Test func aLegacyFileThatIsCutOffSaysHowMuchIsMissing() {
    let bytes = legacy(
      root: root(legacyStorage()), keys: .list([.text("7")]),
      data: little(Int64(4)) + storageBytes([1, 2, 3]))
    let error = refusal(bytes)
    #expect(error == .tooShort(byteCount: bytes.count, needed: bytes.count + 4))
    #expect(
      error?.diagnosis
        == "is cut off: it needs \(bytes.count + 4) bytes and has \(bytes.count); "
        + "download it again")
  }

  @Test func partsOfALegacyFileAreChecked() {
    let reference = legacyStorage()
    let keys = Term.list([.text("7")])
    let data = little(Int64(4)) + storageBytes([1, 2, 3, 4])
    #expect(
      refusal(legacy(magic: .int(1), root: root(reference), keys: keys, data: data))
        == .foreign(.kind(.pickle)))
    #expect(
      refusal(legacy(version: 1002, root: root(reference), keys: keys, data: data))
        == .badLegacyPart(name: "protocol version"))
    #expect(
      refusal(legacy(system: .int(0), root: root(reference), keys: keys, data: data))
        == .badLegacyPart(name: "description of the system"))
    for badKeys in [
      Term.int(7), .list([.none]), .list([.text("8")]), .list([.text("7"), .text("7")]),
    ] {
      #expect(
        refusal(legacy(root: root(reference), keys: badKeys, data: data))
          == .badLegacyPart(name: "list of storages"))
    }
    let two = Term.list([reference, legacyStorage(count: 3)])
    #expect(
      refusal(legacy(root: two, keys: keys, data: data))
        == .badLegacyPart(name: "reference to storage 7"))
    let huge = root(legacyStorage(count: .max / 4))
    #expect(
      refusal(legacy(root: huge, keys: keys, data: data))
        == .badLegacyPart(name: "reference to storage 7"))
  }

  @Test func faultsOfLegacyStoragesAreFoundWhenTheyAreNeeded() throws {
    let keys = Term.list([.text("6"), .text("7")])
    let unknown = Term.dict([
      (.text("v"), .tensor(in: legacyStorage("NewStorage", key: "6"))),
      (.text("w"), .tensor(in: legacyStorage())),
    ])
    let dict = try TorchCheckpoint.open(.memory(legacy(root: unknown, keys: keys, data: [])))
      .stateDict()
    #expect(
      dict.unusable == [
        UnusableEntry(name: "v", fault: .unknownStorage(name: "torch.NewStorage")),
        UnusableEntry(name: "w", fault: .unplaced(key: "7")),
      ])
    let miscounted = legacy(
      root: root(legacyStorage()), keys: .list([.text("7")]),
      data: little(Int64(-5)) + storageBytes([1, 2, 3, 4]))
    let entry = try TorchCheckpoint.open(.memory(miscounted)).stateDict().entries.first
    #expect(
      throws: TorchCheckpointError.tensor(
        name: "w", fault: .countMismatch(key: "7", expected: 4, found: -5))
    ) { try entry?.load() }
    for view in [
      Term.tuple([.text("8"), .int(1), .int(4)]), .tuple([.text("8"), .int(-1), .int(4)]),
      .tuple([.text("8"), .int(.max), .int(.max)]), .int(1),
    ] {
      let bytes = legacy(
        root: root(legacyStorage(view: view)), keys: .list([]), data: [])
      let dict = try TorchCheckpoint.open(.memory(bytes)).stateDict()
      #expect(dict.entries.isEmpty)
      #expect(dict.unusable.count == 1)
    }
  }
}
