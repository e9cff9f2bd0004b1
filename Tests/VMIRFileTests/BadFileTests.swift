import TestSupport
import Testing
import VMIRCore
import VMIRFile
import VMIRGraph

@Suite struct BadFileTests {
  private let good: [UInt8]
  private let container: Container

  init() throws {
    good = try VMIRWriter.bytes(of: try SampleGraphs.minimal())
    container = try Container(good)
  }

  private func expect(
    _ error: VMIRFileError, _ bytes: [UInt8], _ limits: VMIRLimits = VMIRLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: error, sourceLocation: sourceLocation) {
      try VMIRFile.open(bytes: bytes, limits: limits)
    }
  }

  /// Expects an error from the good file after a change under valid checksums.
  private func expect(
    _ error: VMIRFileError, limits: VMIRLimits = VMIRLimits(),
    sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout Container) -> Void
  ) {
    var changed = container
    change(&changed)
    expect(error, changed.bytes, limits, sourceLocation: sourceLocation)
  }

  // MARK: Header

  @Test func theTestsOwnAssemblerAgreesWithTheWriter() {
    #expect(container.bytes == good)
  }

  @Test func somethingElseIsNotVMIR() {
    expect(.notVMIR, [])
    expect(.notVMIR, Array("PK\u{3}\u{4} and more and more".utf8))
    expect(.notVMIR, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
  }

  @Test func aTextModeTransferIsNamed() {
    expect(.alteredInTransfer, Array(good.filter { $0 != 0x0D }))
    expect(.alteredInTransfer, [good[0] & 0x7F] + good.dropFirst())
  }

  @Test func aHeaderThatEndsTooEarlyIsRefused() {
    expect(.header(.truncated(offset: 12, count: 4, remaining: 2)), Array(good[..<14]))
  }

  @Test func aTruncatedFileIsNoticedByItsLength() {
    expect(
      .fileLength(declared: UInt64(good.count), found: good.count - 1), good.dropLast())
    expect(.fileLength(declared: UInt64(good.count), found: good.count + 1), good + [0])
  }

  @Test func anotherMajorVersionIsRefusedAndALaterMinorOneIsTaken() throws {
    let error = #expect(throws: VMIRFileError.self) {
      var changed = container
      changed.major = 2
      changed.minor = 3
      return try VMIRFile.open(bytes: changed.bytes)
    }
    #expect(
      error?.what == "is in version 2.3 of the format; this reader takes version 1")
    #expect(error?.exitStatus == .unsupported)
    var later = container
    later.minor = 9
    #expect(try VMIRFile.open(bytes: later.bytes).version.minor == 9)
  }

  @Test func aTableThatCanNotBePresentIsRefusedBeforeMemoryIsTaken() {
    var bytes = good
    bytes.replaceSubrange(12..<16, with: [0xFF, 0xFF, 0, 0])
    expect(
      .header(.countTooLarge(offset: 12, count: 65535, remaining: good.count - 32)), bytes)
    bytes.replaceSubrange(12..<16, with: [0xFF, 0xFF, 0xFF, 0xFF])
    expect(
      .overLimit(what: "count of sections", found: 0xFFFF_FFFF, limit: 1 << 17), bytes)
  }

  // MARK: Section table

  @Test func unknownFlagsAreRefused() {
    expect(.reservedBits(section: 1, flags: 3)) { $0.sections[1].flags = 3 }
  }

  @Test func sectionsMustLieOneBehindTheOther() {
    let offset = 32 + 2 * 40
    expect(.sectionOffset(section: 0, expected: offset, found: UInt64(offset - 1))) {
      $0.sections[0].offsetError = .max
    }
    expect(.sectionOffset(section: 0, expected: offset, found: UInt64(offset + 8))) {
      $0.sections[0].offsetError = 8
    }
    expect(.sectionLength(section: 1, found: 5, remaining: 4)) {
      $0.sections[1].lengthError = 1
    }
    expect(.sectionLength(section: 1, found: .max, remaining: 4)) {
      $0.sections[1].lengthError = .max - 4
    }
    expect(.trailingBytes(offset: good.count, count: 3)) { $0.trailing = [0, 0, 0] }
  }

  @Test func anUnknownOptionalSectionIsSkippedButStillChecked() throws {
    var changed = container
    var extra = Container.Section(kind: 77, ordinal: 5, stored: [1, 2, 3])
    (extra.flags, extra.codec, extra.rawByteCount) = (0, 200, .max)
    changed.sections.insert(extra, at: 1)
    changed.sections.insert(extra, at: 0)
    let file = try VMIRFile.open(bytes: changed.bytes)
    #expect(file.sections.map { $0.kind } == [.unknown(77), .graph, .unknown(77), .tensor])
    #expect(file.sections[0].codec == .unknown(200))
    try expectEqualElements(file.graph, try SampleGraphs.minimal())
    var damaged = changed.bytes
    damaged[file.sections[0].offset] ^= 1
    expect(
      .sectionDamaged(section: "section 0", offset: file.sections[0].offset), damaged)
  }

  @Test func anUnknownRequiredSectionIsRefused() {
    expect(.unknownRequiredSection(section: 2, kind: 77)) {
      $0.sections.append(Container.Section(kind: 77, stored: []))
    }
  }

  @Test func graphAndTensorsMustComeInOrderAndOnce() {
    let graph = container.sections[0]
    let tensor = container.sections[1]
    expect(.missingSection("graph")) { $0.sections = [] }
    expect(.unexpectedSection(section: 0, expected: "graph 0", found: "tensor 0")) {
      $0.sections = [tensor, graph]
    }
    expect(.unexpectedSection(section: 1, expected: "tensor 0", found: "graph 0")) {
      $0.sections = [graph, graph, tensor]
    }
    expect(.unexpectedSection(section: 2, expected: "tensor 1", found: "tensor 0")) {
      $0.sections = [graph, tensor, tensor]
    }
    expect(.unexpectedSection(section: 0, expected: "graph 0", found: "graph 3")) {
      $0.sections[0].ordinal = 3
    }
    expect(.unexpectedSection(section: 1, expected: "tensor 0", found: "optional tensor 0")) {
      $0.sections[1].flags = 0
    }
    expect(.missingSection("tensor w")) { $0.sections = [graph] }
    expect(.tensorCount(expected: 1, found: 2)) {
      $0.sections.append(Container.Section(kind: 2, ordinal: 1, stored: [0, 0, 0, 0]))
    }
  }

  // MARK: Section content

  @Test func aCodecMustBeKnownAndFitItsElements() {
    expect(.codec(section: "tensor w", .unknown(9))) { $0.sections[1].codec = 9 }
    expect(.codec(section: "tensor w", .zstdPlanes2)) { $0.sections[1].codec = 2 }
    expect(.codec(section: "graph", .zstdPlanes4)) { $0.sections[0].codec = 3 }
    expect(.codec(section: "graph", .unknown(4))) { $0.sections[0].codec = 4 }
  }

  @Test func aTensorMustHaveTheSizeOfItsShape() {
    expect(.rawLength(section: "tensor w", expected: 4, found: 8)) {
      $0.sections[1] = Container.Section(kind: 2, stored: [0, 0, 0, 0, 0, 0, 0, 0])
    }
    expect(.rawLength(section: "tensor w", expected: 4, found: 5)) {
      $0.sections[1].stored.append(0)
    }
  }

  @Test func onlyOneWholeFrameThatDeclaresItsSizeIsTaken() {
    let content: [UInt8] = [1, 2, 3, 4]
    func expectFrame(
      _ error: VMIRFileError, _ frame: [UInt8],
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      expect(error, sourceLocation: sourceLocation) {
        $0.sections[1] = Container.Section(kind: 2, frame: frame, rawByteCount: 4)
      }
    }
    let sound = Frame.declaring(4, content: content)
    func frame(_ reason: String) -> VMIRFileError { .frame(section: "tensor w", reason: reason) }
    expectFrame(frame("wrong magic number"), content)
    expectFrame(frame("wrong magic number"), [])
    expectFrame(frame("wrong magic number"), Frame.skippable(content) + sound)
    expectFrame(frame("no content size"), Frame.silent(content))
    expectFrame(frame("no content size"), Array(sound[..<5]))
    expectFrame(frame("bytes follow the frame"), sound + sound)
    expectFrame(frame("Src size is incorrect"), sound.dropLast())
    expectFrame(
      .rawLength(section: "tensor w", expected: 4, found: 5),
      Frame.declaring(5, content: content))
  }

  @Test func framesAndPlanesMadeByHandAreDecoded() throws {
    func load(_ codec: UInt8, _ content: [UInt8]) throws -> [UInt8] {
      var changed = container
      changed.sections[1] = Container.Section(
        kind: 2, frame: Frame.declaring(4, content: content), rawByteCount: 4)
      changed.sections[1].codec = codec
      let tensor = try VMIRFile.open(bytes: changed.bytes).graph.constants[0].load()
      return tensor.bytes.withBytes { Array($0) }
    }
    #expect(try load(1, [1, 2, 3, 4]) == [1, 2, 3, 4])
    // -1.5 is 0xBFC00000; rotated left by one bit 0x7F800001.
    #expect(try load(3, [0x7F, 0x80, 0x00, 0x01]) == [0x00, 0x00, 0xC0, 0xBF])
  }

  @Test func planesOfHalfFloatsMadeByHandAreDecoded() throws {
    var message = GraphMessage(try SampleGraphs.minimal())
    message.constants[0] = GraphMessage.Constant(name: "w", dtype: .float16, shape: [2, 1, 1, 1])
    var file = Container(message: message.encoded(), tensors: [[]])
    // 1 and -2 are 0x3C00 and 0xC000; rotated left by one bit 0x7800 and 0x8001.
    file.sections[1] = Container.Section(
      kind: 2, frame: Frame.declaring(4, content: [0x78, 0x80, 0x00, 0x01]), rawByteCount: 4)
    file.sections[1].codec = 2
    #expect(
      try VMIRFile.open(bytes: file.bytes).graph.constants[0].load().floats() == [1, -2])
  }

  @Test func aFrameThatLiesAboutItsContentIsNoticedOnLoad() throws {
    for content in [[UInt8](repeating: 7, count: 3), [UInt8](repeating: 7, count: 5)] {
      var changed = container
      changed.sections[1] = Container.Section(
        kind: 2, frame: Frame.declaring(4, content: content), rawByteCount: 4)
      let file = try VMIRFile.open(bytes: changed.bytes)
      let error = #expect(throws: ConstantError.self) { try file.graph.constants[0].load() }
      #expect(error?.place == "tensor w")
      #expect(error?.exitStatus == .badInput)
    }
  }

  @Test func aBombIsRefusedByItsDeclaredSize() {
    let bomb = Frame.repeating(0, size: 64 << 20)
    #expect(bomb.count < 3000)
    expect(.rawLength(section: "tensor w", expected: 4, found: 64 << 20)) {
      $0.sections[1] = Container.Section(kind: 2, frame: bomb, rawByteCount: 4)
    }
    expect(.rawLength(section: "tensor w", expected: 4, found: 64 << 20)) {
      $0.sections[1] = Container.Section(kind: 2, frame: bomb, rawByteCount: 64 << 20)
    }
    expect(.overLimit(what: "graph size", found: 64 << 20, limit: 16 << 20)) {
      $0.sections[0] = Container.Section(kind: 1, frame: bomb, rawByteCount: 64 << 20)
    }
    expect(
      .overLimit(what: "size of tensor 0", found: UInt64(Int.max), limit: 1 << 30)
    ) { $0.sections[1].rawByteCount = .max }
  }

  // MARK: Limits

  @Test func limitsAreKept() {
    var limits = VMIRLimits()
    limits.fileByteCount = 100
    expect(
      .overLimit(what: "file size", found: UInt64(good.count), limit: 100), good, limits)
    limits = VMIRLimits()
    limits.tensorByteCount = 3
    expect(.overLimit(what: "size of tensor 0", found: 4, limit: 3), good, limits)
    limits = VMIRLimits()
    limits.totalTensorByteCount = 3
    expect(.overLimit(what: "size of all tensors", found: 4, limit: 3), good, limits)
    limits = VMIRLimits()
    (limits.expandedByteCount, limits.expansionRatio) = (3, 0)
    expect(.overLimit(what: "size of all tensors", found: 4, limit: 3), good, limits)
    limits.expansionRatio = 1
    #expect(throws: Never.self) { try VMIRFile.open(bytes: good, limits: limits) }
    limits = VMIRLimits()
    limits.valueCount = 2
    expect(.overLimit(what: "count of values", found: 3, limit: 2), good, limits)
    limits = VMIRLimits()
    limits.sectionCount = 1
    expect(.overLimit(what: "count of sections", found: 2, limit: 1), good, limits)
  }

  @Test func errorsOfTheFileSystemAreKept() throws {
    let folder = try TemporaryFolder()
    #expect(throws: VMIRFileError.file(.notFound)) {
      try VMIRFile.open(path: folder.file("none"))
    }
    #expect(throws: VMIRFileError.file(.isDirectory)) { try VMIRFile.open(path: folder.path) }
  }
}
