import TestSupport
import Testing
import VMIRCore
import VMIRImage

@Suite struct PictureDecodingTests {
  @Test(arguments: ["basn3p04", "basi2c16", "tbbn3p08", "ct1n0g04", "s05i3p02", "basn6a16"])
  func everyPrefixOfAFileThrows(name: String) throws {
    let file = try Fixtures.bytes("png/PngSuite/\(name).png")
    for count in 0..<file.count {
      let found = decodingError(Array(file[..<count]))
      #expect(found?.exitStatus == .badInput, "\(count) of \(file.count) bytes")
    }
  }

  @Test(arguments: ["basn3p04", "s05i3p02", "tbwn0g16", "cm0n0g04"])
  func everySingleByteChangeOfAFileThrowsOrLeavesThePixels(name: String) throws {
    let file = try Fixtures.bytes("png/PngSuite/\(name).png")
    let samples = try Picture.decode(file).samples
    for position in file.indices {
      for change: UInt8 in [1, 0x20, 0x80, 0xFF] {
        var changed = file
        changed[position] ^= change
        guard decodingError(changed) == nil else { continue }
        // Of a chunk that says nothing of the pixels.
        let picture = try Picture.decode(changed)
        #expect(picture.samples == samples, "byte \(position) ^ \(change)")
      }
    }
  }

  @Test(arguments: ["basn3p04", "s05i3p02", "tbwn0g16", "tp1n3p08", "basi6a08", "cs3n2c16"])
  func aChangeUnderARightChecksumThrowsOrDecodes(name: String) throws {
    let chunks = PNGBuilder.chunks(of: try Fixtures.bytes("png/PngSuite/\(name).png"))
    var generator = SeededGenerator(seed: 7)
    var limits = ImageLimits()
    limits.pixelCount = 1 << 16
    for _ in 0..<400 {
      var changed = chunks
      let index = Int.random(in: 0..<changed.count, using: &generator)
      guard !changed[index].data.isEmpty else { continue }
      let position = Int.random(in: 0..<changed[index].data.count, using: &generator)
      changed[index].data[position] ^= UInt8.random(in: 1...255, using: &generator)
      guard decodingError(PNGBuilder.file(changed), limits: limits) == nil else { continue }
      let picture = try Picture.decode(PNGBuilder.file(changed), limits: limits)
      #expect(picture.samples.count == picture.width * picture.height * picture.kind.channelCount)
    }
  }

  // MARK: Not a PNG

  @Test func emptyBytesAreSaidToBeEmpty() { #expect(decodingError([]) == .empty) }

  @Test(arguments: [
    (FileKind.gif, Array("GIF89a".utf8), VMIRCore.ExitStatus.unsupported),
    (.jpegXL, [0xFF, 0x0A], .unsupported),
    (.heif, Array("\0\0\0\u{20}ftypavif".utf8), .unsupported),
    (.html, Array(" \n<!DOCTYPE html>".utf8), .badInput),
    (.gitLFSPointer, Array("version https://git-lfs.github.com/spec/v1".utf8), .badInput),
    (.unknown, Array("hello".utf8), .badInput), (.npy, [0x93] + Array("NUMPY".utf8), .badInput),
  ])
  func anotherFormatIsNamed(format: FileKind, bytes: [UInt8], status: VMIRCore.ExitStatus) {
    #expect(decodingError(bytes) == .otherFormat(format, readable: PictureFormat.pictureNames))
    #expect(decodingError(bytes)?.exitStatus == status)
  }

  @Test func aTextModeTransferIsRecognised() throws {
    let file = try Fixtures.bytes("png/PngSuite/xlfn0g04.png")
    #expect(decodingError(file) == .signatureDamaged)
  }

  @Test func applesVariantIsUnsupported() {
    let file = PNGBuilder.file([("CgBI", [0x50, 0, 0x20, 2]), ("IHDR", [])])
    #expect(decodingError(file)?.exitStatus == .unsupported)
  }

  // MARK: Limits

  @Test func sidesAndPixelsAreLimited() throws {
    let file = try patternPicture(30, 20, .rgb, bits: 8).encode()
    var limits = ImageLimits()
    limits.sideLength = 29
    #expect(decodingError(file, limits: limits) == .sideTooLong(width: 30, height: 20, limit: 29))
    limits.sideLength = 30
    limits.pixelCount = 599
    #expect(
      decodingError(file, limits: limits) == .tooManyPixels(width: 30, height: 20, limit: 599))
    limits.pixelCount = 600
    #expect(decodingError(file, limits: limits) == nil)
  }

  @Test func moreThanTheFileCanHoldIsRefusedBeforeItIsAllocated() throws {
    var chunks = PNGBuilder.chunks(of: try patternPicture(8, 8, .rgba, bits: 16).encode())
    chunks[0].data.replaceSubrange(0..<8, with: [0, 0, 0x40, 0, 0, 0, 0x40, 0])
    let file = PNGBuilder.file(chunks)
    #expect(
      decodingError(file)
        == .fewerBytesThanPixels(width: 0x4000, height: 0x4000, byteCount: file.count))
  }

  @Test func theMostCompressedFileIsStillAccepted() throws {
    let samples = PictureSamples.eightBit([UInt8](repeating: 0, count: 3000 * 3000))
    let picture = try #require(Picture(width: 3000, height: 3000, kind: .grey, samples: samples))
    #expect(try Picture.decode(picture.encode()) == picture)
  }

  @Test func aChunkOverTheLimitIsLeftOutWithANote() throws {
    let file = try patternPicture(4, 4, .grey, bits: 8).encode()
    let text = Array("Comment\0".utf8) + [UInt8](repeating: 0x41, count: 5000)
    var limits = ImageLimits()
    limits.chunkByteCount = 4096
    let long = PNGBuilder.file(file, adding: [("tEXt", text)])
    let limited = try Picture.decode(long, limits: limits)
    #expect(limited.chunks.isEmpty)
    #expect(!limited.notes.isEmpty)
    #expect(try Picture.decode(long).chunks == [PNGChunk(.tEXt, text)])
  }

  @Test func chunksOverTheLimitAreLeftOutWithANote() throws {
    let file = try patternPicture(4, 4, .grey, bits: 8).encode()
    let texts = (0..<9).map { (name: "tEXt", data: Array("Comment\0\($0)".utf8)) }
    var limits = ImageLimits()
    limits.chunkCount = 4
    let picture = try Picture.decode(PNGBuilder.file(file, adding: texts), limits: limits)
    #expect(picture.chunks.map(\.data) == texts[..<4].map(\.data))
    #expect(!picture.notes.isEmpty)
  }

  // MARK: Damage

  @Test func aDamagedHeaderIsExplained() throws {
    var chunks = PNGBuilder.chunks(of: try patternPicture(4, 4, .grey, bits: 8).encode())
    chunks[0].data[8] = 3
    let found = decodingError(PNGBuilder.file(chunks))
    #expect(found?.diagnosis.contains("Invalid bit depth") == true, "\(found?.diagnosis ?? "")")
  }

  @Test func damagedTransparencyIsAnErrorAndNotIgnored() throws {
    let file = try patternPicture(4, 4, .rgb, bits: 8).encode()
    let found = decodingError(PNGBuilder.file(file, adding: [("tRNS", [0, 1, 0])]))
    #expect(found?.what == "is a damaged PNG: tRNS: invalid")
  }

  @Test func aPictureCutInItsPixelsNamesTheRow() throws {
    let chunks = PNGBuilder.chunks(of: try patternPicture(64, 64, .rgb, bits: 16).encode())
    var cut = chunks
    cut[1].data.removeLast(cut[1].data.count / 2)
    guard case .corrupt(_, _, _, let row) = decodingError(PNGBuilder.file(cut)) else {
      Issue.record("decoded")
      return
    }
    #expect((1..<64).contains(row ?? -1))
  }

  @Test func missingPixelsAreAnError() throws {
    var chunks = PNGBuilder.chunks(of: try patternPicture(64, 64, .rgb, bits: 16).encode())
    chunks.removeAll { $0.name == "IDAT" }
    #expect(decodingError(PNGBuilder.file(chunks))?.exitStatus == .badInput)
  }
}
