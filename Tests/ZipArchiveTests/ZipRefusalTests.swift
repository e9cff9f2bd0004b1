import TestSupport
import Testing
import VMIRCore
import ZipArchive

@Suite struct ZipRefusalTests {
  let text = Array("some text".utf8)

  func refusal(
    _ builder: ZipBuilder, limits: ZipLimits = ZipLimits(),
    change: (inout [UInt8]) -> Void = { _ in }
  ) -> ZipError? {
    var bytes = builder.bytes
    change(&bytes)
    do throws(ZipError) {
      let archive = try ZipArchive(source: .memory(bytes), limits: limits)
      for entry in archive.entries { _ = try archive.read(entry) }
      return nil
    } catch {
      return error
    }
  }

  func refusal(_ member: ZipBuilder.Member, limits: ZipLimits = ZipLimits()) -> ZipError? {
    refusal(ZipBuilder([member]), limits: limits)
  }

  // MARK: The end record and the directory

  @Test func whatIsNoArchive() {
    for bytes in [[], text, Array(repeating: UInt8(0x50), count: 70_000)] {
      #expect(throws: ZipError.noEndRecord) { try ZipArchive(source: .memory(bytes)) }
    }
    #expect(ZipError.noEndRecord.diagnosis == "is not a zip archive, or its end is missing")
  }

  @Test func archivesInSeveralParts() {
    var builder = ZipBuilder([.init("x", text)])
    builder.disk = 1
    #expect(refusal(builder) == .severalDisks)
    #expect(ZipError.severalDisks.exitStatus == .unsupported)
  }

  @Test func endRecordsThatDisagree() {
    var builder = ZipBuilder([.init("x", text)])
    builder.hasZip64End = true
    #expect(refusal(builder) { $0[$0.count - 10] += 1 } == .endRecordsDisagree)
  }

  @Test func aLocatorWithoutItsRecord() {
    var builder = ZipBuilder([.init("x", text)])
    builder.hasZip64End = true
    #expect(refusal(builder) { $0[$0.count - 98] = 0 } == .noZip64EndRecord)
  }

  @Test func aDirectoryOutsideTheFile() {
    var builder = ZipBuilder([.init("x", text)])
    builder.directoryByteCount = 5000
    #expect(refusal(builder) == .directoryOutside(offset: 40, byteCount: 5000))
    builder.hasZip64End = true
    builder.directoryByteCount = .max - 3
    builder.isShortEndSaturated = true
    #expect(refusal(builder) == .directoryOutside(offset: 40, byteCount: .max - 3))
  }

  @Test func directoriesOverTheLimits() {
    let builder = ZipBuilder([.init("x", text), .init("y", text)])
    var limits = ZipLimits()
    limits.directoryByteCount = 93
    #expect(refusal(builder, limits: limits) == .directoryTooLarge(byteCount: 94, limit: 93))
    limits = ZipLimits()
    limits.entryCount = 1
    #expect(refusal(builder, limits: limits) == .tooManyEntries(count: 2, limit: 1))
  }

  @Test func aWrongCountOfEntries() {
    var builder = ZipBuilder([.init("x", text)])
    builder.entryCount = 2
    #expect(refusal(builder) == .entryCountMismatch(declared: 2, found: 1))
  }

  @Test func aDamagedDirectory() {
    let builder = ZipBuilder([.init("x", text)])
    #expect(refusal(builder) { $0[40] = 0 } == .badDirectoryEntry(index: 0, offset: 40))
    #expect(refusal(builder) { $0[40 + 28] = 9 } == .badDirectoryEntry(index: 0, offset: 40))
  }

  // MARK: Names

  @Test(arguments: [
    "", "/etc/passwd", "\\windows", "C:/x", "../x", "a/../../x", "a\\..\\x", "a/..", "a\0b",
  ])
  func unsafeNames(name: String) {
    #expect(refusal(.init(name, text)) == .unsafeName(name: name))
  }

  @Test func twoMembersOfOneName() {
    let builder = ZipBuilder([.init("x", text), .init("x", [])])
    #expect(refusal(builder) == .duplicateName(name: "x"))
    #expect(
      ZipError.duplicateName(name: "x\n").diagnosis
        == "the zip archive has two members of one name (x\\n)")
  }

  @Test func anotherNameInTheLocalHeader() {
    let renamed = ZipBuilder.Member("x", text).with { $0.localName = Array("y".utf8) }
    #expect(refusal(renamed) == .nameMismatch(name: "x", local: "y"))
    let shorter = ZipBuilder.Member("xy", text).with { $0.localName = Array("x".utf8) }
    #expect(refusal(shorter) == .nameMismatch(name: "xy", local: "x"))
  }

  // MARK: Places and sizes

  @Test func membersThatShareBytes() {
    let second = ZipBuilder.Member("y", text).with { $0.headerOffset = 10 }
    #expect(refusal(ZipBuilder([.init("x", text), second])) == .overlap(name: "x", other: "y"))
    let same = ZipBuilder.Member("y", text).with { $0.headerOffset = 0 }
    let error = refusal(ZipBuilder([.init("x", text), same]))
    #expect(error == .overlap(name: "x", other: "y"))
    #expect(error?.diagnosis == "the zip member shares bytes with y (x)")
  }

  @Test(arguments: [50, UInt64(UInt32.max) - 1, 1 << 62, .max - 40, .max])
  func sizesPastTheEnd(size: UInt64) {
    let member = ZipBuilder.Member("x", text).with {
      $0.isZip64 = true
      $0.storedByteCount = size
      $0.byteCount = size
    }
    #expect(refusal(member) == .outside(name: "x"))
  }

  @Test(arguments: [60, 1 << 62, UInt64.max])
  func offsetsPastTheEnd(offset: UInt64) {
    let member = ZipBuilder.Member("x", text).with {
      $0.isZip64 = true
      $0.headerOffset = offset
    }
    #expect(refusal(member) == .outside(name: "x"))
  }

  @Test func aLocalExtraFieldThatPushesTheContentOut() {
    let builder = ZipBuilder([.init("x", text)])
    #expect(refusal(builder) { $0[28] = 1 } == .outside(name: "x"))
  }

  @Test func aMissingWideField() {
    let builder = ZipBuilder([ZipBuilder.Member("x", text).with { $0.isZip64 = true }])
    #expect(refusal(builder) { $0[40 + 47] = 2 } == .noZip64Field(name: "x"))
  }

  @Test func storedMembersOfTwoSizes() {
    let member = ZipBuilder.Member("x", text).with { $0.byteCount = 8 }
    #expect(refusal(member) == .sizeMismatch(name: "x", declared: 8))
  }

  @Test func aDamagedLocalHeader() {
    let builder = ZipBuilder([.init("x", text)])
    #expect(refusal(builder) { $0[0] = 0 } == .badLocalHeader(name: "x", offset: 0))
    #expect(refusal(builder) { $0[8] = 8 } == .headerMismatch(name: "x"))
    #expect(refusal(builder) { $0[18] = 8 } == .headerMismatch(name: "x"))
    #expect(refusal(builder) { $0[22] = 8 } == .headerMismatch(name: "x"))
    #expect(refusal(builder) { $0[6] = 1 } == .headerMismatch(name: "x"))
  }

  // MARK: Content

  @Test(arguments: [UInt16(0x0001), 0x0040, 0x2000])
  func encryptedMembers(flags: UInt16) {
    let error = refusal(ZipBuilder.Member("x", text).with { $0.flags = flags })
    #expect(error == .encrypted(name: "x"))
    #expect(error?.exitStatus == .unsupported)
  }

  @Test func unknownMethods() {
    let error = refusal(ZipBuilder.Member("x", text).with { $0.method = 93 })
    #expect(error == .unknownMethod(name: "x", method: 93))
    #expect(
      error?.diagnosis
        == "the zip member is compressed by method 93; only stored and deflated can be read (x)")
  }

  @Test func contentOverTheLimits() {
    var limits = ZipLimits()
    limits.memberByteCount = 8
    limits.inflatedByteCount = 8
    let error = ZipError.tooLarge(name: "x", byteCount: 9, limit: 8)
    #expect(refusal(.init("x", text), limits: limits) == error)
    #expect(refusal(.deflated("x", text), limits: limits) == error)
  }

  @Test func bombs() {
    let claim = ZipBuilder.Member.deflated("x", text).with { $0.byteCount = 1 << 20 }
    #expect(
      refusal(claim)
        == .impossibleSize(name: "x", byteCount: 1 << 20, storedByteCount: text.count + 5))
    let longer = ZipBuilder.Member.deflated("x", text).with { $0.byteCount = 5 }
    #expect(refusal(longer) == .sizeMismatch(name: "x", declared: 5))
    let shorter = ZipBuilder.Member.deflated("x", text).with { $0.byteCount = 10 }
    #expect(refusal(shorter) == .sizeMismatch(name: "x", declared: 10))
  }

  @Test func damagedDeflateStreams() {
    for stream in [[], [6], [1, 9, 0], [3, 0, 0]] as [[UInt8]] {
      let member = ZipBuilder.Member("x", []).with {
        $0.method = 8
        $0.stored = stream
        $0.storedByteCount = UInt64(stream.count)
      }
      #expect(refusal(member) == .badDeflate(name: "x"))
    }
  }

  @Test func wrongChecksums() {
    let member = ZipBuilder.Member("x", Array("123456789".utf8)).with { $0.crc32 = 0x1F }
    let error = refusal(member)
    #expect(error == .checksumMismatch(name: "x", expected: 0x1F, found: 0xCBF4_3926))
    #expect(
      error?.diagnosis
        == "the zip member is damaged: checksum cbf43926 instead of 0000001f (x)")
    #expect(error?.exitStatus == .badInput)
  }

  @Test func deflatedMembersOutOfProportion() {
    var limits = ZipLimits()
    limits.inflatedTotalByteCount = 100
    limits.inflationRatio = 2
    let members = ["a", "b"].map { name in
      ZipBuilder.Member.deflated(name, text).with { $0.byteCount = 80 }
    }
    // 9 bytes of text take 14: two members may have 156 bytes together.
    #expect(
      refusal(ZipBuilder(members), limits: limits) == .inflatesTooFar(byteCount: 160, limit: 156))
    #expect(refusal(ZipBuilder([members[0]]), limits: limits) == .sizeMismatch(name: "a", declared: 80))
    #expect(
      ZipError.inflatesTooFar(byteCount: 160, limit: 156).diagnosis
        == "the zip archive inflates to 160 bytes, more than the limit of 156 for its size")
  }
}
