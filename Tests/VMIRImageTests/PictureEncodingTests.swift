import TestSupport
import Testing
import VMIRCore
import VMIRImage

@Suite struct PictureEncodingTests {
  @Test(arguments: ColorKind.allCases, [8, 16])
  func aPictureSurvivesEncodingAndDecoding(kind: ColorKind, bits: Int) throws {
    for (width, height) in [(1, 1), (1, 9), (17, 1), (33, 20)] {
      let picture = try patternPicture(width, height, kind, bits: bits)
      #expect(try Picture.decode(picture.encode()) == picture)
    }
  }

  /// Several strips, some of noise and some that repeat, on any number of threads.
  @Test(arguments: [8, 16])
  func aLargePictureHasTheSameBytesOnAnyNumberOfThreads(bits: Int) throws {
    let (width, height) = (700, 900)
    var generator = SeededGenerator(seed: 7)
    let noise = generator.floats(width * height)
    func sample(_ index: Int) -> UInt16 {
      let (row, column) = (index / 3 / width, index / 3 % width)
      if row < 300 { return UInt16((noise[index / 3] + 1) * 30_000) }
      return row < 600
        ? UInt16(row * 60 + column) : UInt16(truncatingIfNeeded: (row * 7 ^ column) % 13 * 999)
    }
    let samples = (0..<width * height * 3).map(sample)
    let picture = try #require(
      Picture(
        width: width, height: height, kind: .rgb,
        samples: bits == 16
          ? .sixteenBit(samples) : .eightBit(samples.map { UInt8(truncatingIfNeeded: $0 >> 7) })))
    let file = try picture.encode()
    #expect(PNGBuilder.chunks(of: file).count { $0.name == "IDAT" } > 5)
    let decoded = try Picture.decode(file)
    #expect(decoded.samples == picture.samples)
    let bytes = rawBytes(of: picture.samples)
    for (threadCount, rowCount) in [(1, 1), (2, height), (3, 37), (100, 250)] {
      let writer = try PNGWriter(picture.form, chunks: [], threadCount: threadCount)
      var written: [UInt8] = []
      for start in stride(from: 0, to: bytes.count, by: rowCount * picture.form.rowByteCount) {
        let end = min(start + rowCount * picture.form.rowByteCount, bytes.count)
        try bytes[start..<end].withUnsafeBytes { try writer.add($0) }
        written += writer.take { [UInt8]($0) }
      }
      #expect(written == file, "\(threadCount) threads, \(rowCount) rows at a time")
      #expect(throws: PictureError.cannotEncode(reason: "too many rows")) {
        try bytes[..<picture.form.rowByteCount].withUnsafeBytes { try writer.add($0) }
      }
    }
  }

  @Test func everyKeptKindOfChunkSurvivesByteForByte() throws {
    let chunks = [
      PNGChunk(.iCCP, Array("profile\0\0".utf8) + [1, 2, 3]), PNGChunk(.gAMA, [0, 0, 0xB1, 0x8F]),
      PNGChunk(.cHRM, (0..<32).map { UInt8($0) }), PNGChunk(.sRGB, [0]),
      PNGChunk(.cICP, [9, 16, 0, 1]), PNGChunk(.mDCV, (0..<24).map { UInt8($0) }),
      PNGChunk(.cLLI, (0..<8).map { UInt8($0) }), PNGChunk(.pHYs, [0, 0, 11, 19, 0, 0, 11, 19, 1]),
      PNGChunk(.eXIf, Array("MM\0*".utf8) + [0, 0, 0, 8, 0, 0]),
      PNGChunk(.tEXt, Array("Title\0a".utf8)), PNGChunk(.tEXt, Array("Author\0b".utf8)),
      PNGChunk(.zTXt, Array("Comment\0\0".utf8) + [0x78, 0x9C, 3, 0, 0, 0, 0, 1]),
      PNGChunk(.iTXt, Array("Title\0\0\0\0\0über".utf8)),
    ]
    let picture = try patternPicture(5, 4, .rgb, bits: 8, chunks: chunks)
    let file = try picture.encode()
    #expect(try Picture.decode(file) == picture)
    #expect(
      PNGBuilder.chunks(of: file).map(\.name)
        == ["IHDR"] + chunks.map(\.kind.name) + ["IDAT", "IEND"])
  }

  @Test func chunksBehindThePixelsAreKeptToo() throws {
    let file = try patternPicture(4, 4, .grey, bits: 8).encode()
    var chunks = PNGBuilder.chunks(of: file)
    chunks.insert(("tEXt", Array("Title\0late".utf8)), at: chunks.count - 1)
    let picture = try Picture.decode(PNGBuilder.file(chunks))
    #expect(picture.chunks == [PNGChunk(.tEXt, Array("Title\0late".utf8))])
  }

  @Test func malformedAndRepeatedChunksAreLeftOutWithANote() throws {
    let file = try patternPicture(4, 4, .grey, bits: 8).encode()
    let added: [(name: String, data: [UInt8])] = [
      ("gAMA", [0, 0, 1]), ("sRGB", [0]), ("sRGB", [1]), ("tEXt", Array("no end".utf8)),
    ]
    let picture = try Picture.decode(PNGBuilder.file(file, adding: added))
    #expect(picture.chunks == [PNGChunk(.sRGB, [0])])
    #expect(
      picture.notes == [
        "a gAMA chunk is malformed: left out", "a sRGB chunk is repeated: left out",
        "a tEXt chunk is malformed: left out",
      ])
  }

  @Test func otherAncillaryChunksAreDropped() throws {
    let file = try patternPicture(4, 4, .grey, bits: 8).encode()
    let added: [(name: String, data: [UInt8])] = [
      ("sBIT", [5]), ("bKGD", [0, 9]), ("tIME", [7, 0xE8, 1, 1, 0, 0, 0]), ("prVt", [1, 2]),
    ]
    let picture = try Picture.decode(PNGBuilder.file(file, adding: added))
    #expect(picture.chunks.isEmpty)
    #expect(picture.notes.isEmpty)
  }

  @Test func anAnimationIsReadAsItsFirstFrameWithANote() throws {
    let file = try patternPicture(4, 4, .grey, bits: 8).encode()
    let animated = PNGBuilder.file(file, adding: [("acTL", [0, 0, 0, 2, 0, 0, 0, 0])])
    let picture = try Picture.decode(animated)
    #expect(picture.notes == ["the picture is animated; only its first frame was read"])
  }

  @Test func samplesThatDoNotFitMakeNoPicture() {
    let samples = PictureSamples.eightBit([1, 2, 3])
    #expect(Picture(width: 1, height: 1, kind: .rgb, samples: samples) != nil)
    #expect(Picture(width: 1, height: 1, kind: .rgba, samples: samples) == nil)
    #expect(Picture(width: 1, height: 1, kind: .grey, samples: samples) == nil)
    #expect(Picture(width: 0, height: 3, kind: .grey, samples: .eightBit([])) == nil)
    #expect(Picture(width: .max, height: .max, kind: .grey, samples: samples) == nil)
  }
}

private func rawBytes(of samples: PictureSamples) -> [UInt8] {
  switch samples {
  case .eightBit(let samples): samples
  case .sixteenBit(let samples): samples.withUnsafeBytes { [UInt8]($0) }
  }
}
