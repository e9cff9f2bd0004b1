import TestSupport
import Testing
import VMIRCore
import ZipArchive

@Suite struct ZipReadingTests {
  let text = Array("some text that is read".utf8)

  func open(_ builder: ZipBuilder) throws -> ZipArchive {
    try ZipArchive(source: .memory(builder.bytes))
  }

  func content(_ builder: ZipBuilder, _ name: String) throws -> [UInt8] {
    let archive = try open(builder)
    return try archive.read(#require(archive.entry(named: name)))
  }

  @Test func storedAndDeflatedMembersAreRead() throws {
    let builder = ZipBuilder([.init("a/b", text), .deflated("a/c", text), .init("empty", [])])
    let archive = try open(builder)
    #expect(archive.entries.map(\.name) == ["a/b", "a/c", "empty"])
    #expect(archive.entries.map(\.method) == [.stored, .deflated, .stored])
    #expect(try content(builder, "a/b") == text)
    #expect(try content(builder, "a/c") == text)
    #expect(try content(builder, "empty") == [])
    #expect(archive.entry(named: "a/d") == nil)
  }

  @Test func aFileIsReadLikeMemory() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(ZipBuilder([.deflated("x", text)]).bytes, to: "x.zip")
    let archive = try ZipArchive(file: FileSource(path: path))
    #expect(try archive.read(#require(archive.entry(named: "x"))) == text)
  }

  @Test func anEmptyArchiveHasNoEntries() throws {
    #expect(try open(ZipBuilder()).entries.isEmpty)
  }

  @Test func foldersAreEntriesWithoutContent() throws {
    let archive = try open(ZipBuilder([.init("a/", []), .init("a/b", text)]))
    #expect(archive.entries.map(\.isDirectory) == [true, false])
  }

  @Test func sizesOfStreamedMembersComeFromTheDirectory() throws {
    let streamed = ZipBuilder.Member("x", text).with { $0.flags = 0x0808 }
    #expect(try content(ZipBuilder([streamed, .init("y", [1])]), "x") == text)
  }

  @Test func theLocalExtraFieldIsSkipped() throws {
    let padded = ZipBuilder.Member("x", text).with { $0.localExtra = [0x46, 0x42, 2, 0, 90, 90] }
    let builder = ZipBuilder([padded])
    #expect(try content(builder, "x") == text)
    let archive = try open(builder)
    let range = try archive.dataRange(of: #require(archive.entry(named: "x")))
    #expect(Array(builder.bytes[range]) == text)
  }

  @Test func wideFieldsAreRead() throws {
    var builder = ZipBuilder([ZipBuilder.Member("x", text).with { $0.isZip64 = true }])
    builder.hasZip64End = true
    #expect(try content(builder, "x") == text)
    builder.isShortEndSaturated = true
    #expect(try content(builder, "x") == text)
  }

  @Test func bytesAroundTheArchiveAreSkipped() throws {
    var builder = ZipBuilder([.init("x", text)])
    builder.prefix = Array("#!/bin/sh\n".utf8)
    builder.suffix = Array("junk".utf8)
    builder.comment = Array("a comment".utf8)
    #expect(try content(builder, "x") == text)
    builder.hasZip64End = true
    #expect(try content(builder, "x") == text)
  }

  @Test func aMissingChecksumIsNotCompared() throws {
    let unchecked = ZipBuilder.Member("x", text).with { $0.crc32 = 0 }
    #expect(try content(ZipBuilder([unchecked]), "x") == text)
  }

  @Test func realArchivesAreRead() throws {
    let archive = try ZipArchive(
      file: FileSource(path: Fixtures.path("checkpoints/views_deflated.pt")))
    #expect(archive.entries.first?.isDirectory == true)
    for entry in archive.entries {
      let bytes = try archive.read(entry)
      #expect(bytes.count == entry.byteCount)
      #expect(ZipBuilder.crc32(bytes) == entry.crc32)
      try archive.verify(entry)
    }
  }

  @Test func membersLargerThanAPieceAreChecked() throws {
    let large = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    var bytes = ZipBuilder([.init("x", large)]).bytes
    #expect(try ZipArchive(source: .memory(bytes)).entries[0].byteCount == 300_000)
    bytes[290_000] ^= 1
    let archive = try ZipArchive(source: .memory(bytes))
    let found = ZipBuilder.crc32(Array(bytes[31..<300_031]))
    let damaged = ZipError.checksumMismatch(
      name: "x", expected: ZipBuilder.crc32(large), found: found)
    #expect(throws: damaged) { try archive.read(archive.entries[0]) }
    #expect(throws: damaged) { try archive.verify(archive.entries[0]) }
  }

  @Test func everyPrefixIsRefused() {
    let bytes = ZipBuilder([.init("a", text), .deflated("b", text)]).bytes
    for count in 0..<bytes.count {
      #expect(throws: ZipError.self) {
        try ZipArchive(source: .memory(Array(bytes.prefix(count))))
      }
    }
  }

  @Test(arguments: [false, true])
  func everyChangedByteIsReadOrRefused(isZip64: Bool) {
    var builder = ZipBuilder([.init("a", text), .deflated("b", text)])
    builder.hasZip64End = isZip64
    builder.members[0].isZip64 = isZip64
    let bytes = builder.bytes
    for index in bytes.indices {
      for value in UInt8.min...UInt8.max where value != bytes[index] {
        var changed = bytes
        changed[index] = value
        do throws(ZipError) {
          let archive = try ZipArchive(source: .memory(changed))
          for entry in archive.entries { _ = try? archive.read(entry) }
        } catch {
          #expect(!error.what.isEmpty)
        }
      }
    }
  }
}
