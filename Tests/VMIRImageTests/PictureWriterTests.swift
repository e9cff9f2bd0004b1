import TestSupport
import Testing
import VMIRCore
import VMIRImage

/// What each format writes, read back by its own reader; Pillow's is tried by `pictures_test.py`.
@Suite struct PictureWriterTests {
  private let record = ResultRecord(
    input: ResultRecord.Input(byteCount: 77, contentHash: 5), modelHash: 9, isEnsemble: true)
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func format(_ name: String) throws -> PictureFormat {
    try #require(PictureFormat.all.first { $0.name == name })
  }

  /// A picture's file, made of so many rows at a time.
  private func written(
    _ picture: Picture, _ name: String, quality: Int? = nil, threads: Int = 1, rows: Int = 1,
    record: ResultRecord? = nil
  ) throws -> [UInt8] {
    let writer = try PictureWriter(
      try format(name), picture.form, chunks: picture.chunks, record: record,
      options: EncodingOptions(quality: quality, threadCount: threads), isOpaque: picture.isOpaque)
    let bytes: [UInt8] =
      switch picture.samples {
      case .eightBit(let samples): samples
      case .sixteenBit(let samples): samples.withUnsafeBytes { [UInt8]($0) }
      }
    var file: [UInt8] = []
    let step = rows * picture.form.rowByteCount
    for start in stride(from: 0, to: bytes.count, by: step) {
      try bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { try writer.add($0) }
      #expect(
        writer.take {
          file += $0
          return true
        })
    }
    if let patch = writer.patch {
      file.replaceSubrange(patch.offset..<patch.offset + patch.bytes.count, with: patch.bytes)
    }
    return file
  }

  @Test(arguments: ColorKind.allCases, [8, 16])
  func whatLosesNothingIsReadBackAsItWas(kind: ColorKind, bits: Int) throws {
    for (width, height) in [(1, 1), (1, 9), (17, 1), (33, 20)] {
      let picture = try patternPicture(width, height, kind, bits: bits)
      for name in ["PNG", "TIFF"] {
        #expect(try Picture.decode(written(picture, name)).samples == picture.samples)
      }
    }
    guard bits == 8 else { return }
    let picture = try patternPicture(33, 20, kind, bits: 8)
    let again = try Picture.decode(written(picture, "WebP", quality: 100))
    #expect(again.kind == (kind.hasAlpha ? .rgba : .rgb))
    if kind.colorCount == 3 { #expect(again.samples == picture.samples) }
  }

  @Test(arguments: ["PNG", "JPEG", "WebP", "TIFF"])
  func theBytesDependOnNeitherThreadsNorRowsAtATime(name: String) throws {
    let picture = try patternPicture(301, 400, .rgb, bits: 8)
    let file = try written(picture, name)
    #expect(try written(picture, name, threads: 4, rows: 7) == file)
    #expect(try written(picture, name, rows: 400) == file)
    let decoded = try Picture.decode(file)
    #expect((decoded.width, decoded.height) == (301, 400))
  }

  @Test(arguments: ["PNG", "JPEG", "WebP", "TIFF"])
  func moreRowsThanThePictureHasAreRefused(name: String) throws {
    let picture = try patternPicture(5, 2, .rgb, bits: 8)
    let writer = try PictureWriter(
      try format(name), picture.form, chunks: [], record: nil, options: EncodingOptions(),
      isOpaque: true)
    let row = [UInt8](repeating: 7, count: 15)
    for _ in 0..<2 { try row.withUnsafeBytes { try writer.add($0) } }
    #expect(throws: PictureError.cannotEncode(reason: "too many rows")) {
      try row.withUnsafeBytes { try writer.add($0) }
    }
  }

  @Test(arguments: ["PNG", "JPEG", "WebP", "TIFF"])
  func aResultIsKnownByItsRecordWhereItIsWhole(name: String) throws {
    let picture = try patternPicture(9, 7, .rgb, bits: 8)
    func found(_ bytes: [UInt8]) throws -> ResultRecord? {
      try ResultRecord.of(try FileSource(path: try folder.write(bytes, to: "file")))
    }
    let bytes = try written(picture, name, record: record)
    #expect(try found(bytes) == record)
    #expect(try found(written(picture, name)) == nil)
    for count in 0..<bytes.count { #expect(try found(Array(bytes[..<count])) == nil) }
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x29
      _ = try found(changed)
    }
    // It tells of this result, not of one that is made of it.
    #expect(try Picture.decode(bytes).keptChunks.isEmpty)
  }

  @Test func sixteenBitsAreRoundedWhereAFormatHasEight() throws {
    let samples: [UInt16] = [0, 128, 129, 385, 386, 65406, 65407, 65535]
    let picture = try #require(
      Picture(width: 8, height: 1, kind: .grey, samples: .sixteenBit(samples)))
    let file = try written(picture, "WebP", quality: 100)
    let expected = samples.map { UInt8((Double($0) / 257).rounded()) }
    #expect(
      try Picture.decode(file).samples == .eightBit(expected.flatMap { [$0, $0, $0] }))
  }

  @Test func transparencyThatAFormatCanNotHoldIsRefused() throws {
    let picture = try patternPicture(4, 4, .rgba, bits: 8)
    do {
      _ = try written(picture, "JPEG")
      Issue.record("it is written")
    } catch let error as PictureError {
      #expect(error.exitStatus == .unsupported)
      #expect(
        error.what
          == "has transparent pixels, which JPEG can't hold; PNG, WebP or TIFF can")
    }
    let opaque = try #require(
      Picture(
        width: 8, height: 8, kind: .greyAlpha,
        samples: .eightBit((0..<128).map { $0 % 2 == 0 ? 90 : 255 })))
    let decoded = try Picture.decode(written(opaque, "JPEG"))
    #expect(decoded.samples == .eightBit([UInt8](repeating: 90, count: 64)))
  }

  @Test(arguments: [("JPEG", 65501), ("WebP", 16384)])
  func sidesThatAFormatCanNotHaveAreRefused(name: String, side: Int) throws {
    let form = PictureForm(width: 1, height: side, kind: .rgb, bitDepth: 8)
    #expect(throws: PictureError.self) { try PictureWriter.check(try format(name), form) }
    let shorter = PictureForm(width: 1, height: side - 1, kind: .rgb, bitDepth: 8)
    try PictureWriter.check(try format(name), shorter)
  }

  @Test func whatOnlyPNGHasAPlaceForIsSaid() throws {
    let chunks = [
      PNGChunk(.gAMA, [0, 0, 0xB1, 0x8F]), PNGChunk(.tEXt, Array("Title\0a".utf8)),
      PNGChunk(.tEXt, Array("Author\0b".utf8)), PNGChunk(.sRGB, [0]),
    ]
    for name in ["JPEG", "WebP", "TIFF"] {
      let writer = try PictureWriter(
        try format(name), PictureForm(width: 1, height: 1, kind: .rgb, bitDepth: 8),
        chunks: chunks, record: nil, options: EncodingOptions(), isOpaque: true)
      #expect(
        writer.notes == ["\(name) has no place for what PNG keeps as gAMA, tEXt: left out"])
    }
  }

  /// Chunks of metadata that are cut short anywhere are left out or written, and never a fault.
  @Test func damagedMetadataIsNoFault() throws {
    let full = try Picture.decode(Fixtures.bytes("pictures/profile.bmp"))
    let exif = try #require(
      Picture.decode(Fixtures.bytes("jpeg/orientation-1.jpg")).chunks.first { $0.kind == .eXIf })
    let iptc = PNGChunk(
      .tEXt,
      Array("Raw profile type iptc\0\niptc\n      20\n3842494d0404000000000008".utf8)
        + Array("1c020500034142430a".utf8))
    let xmp = PNGChunk(.iTXt, Array("XML:com.adobe.xmp\0\0\0\0\0<x/>".utf8))
    for chunk in full.chunks + [exif, iptc, xmp] {
      for count in stride(from: 0, through: chunk.data.count, by: max(1, chunk.data.count / 90)) {
        let picture = try patternPicture(
          3, 2, .rgb, bits: 8,
          chunks: [
            PNGChunk(chunk.kind, Array(chunk.data[..<count])),
            PNGChunk(.pHYs, [0, 0, 11, 19, 0, 0, 11, 19, 1]),
          ])
        for name in ["JPEG", "WebP", "TIFF"] {
          #expect(try Picture.decode(written(picture, name)).width == 3)
        }
      }
    }
  }

  /// Two thousand million pixels a metre, whose thousandths of dots an inch take more than 32 bits.
  @Test(arguments: ["TIFF", "WebP"]) func largeResolutionsAreKept(name: String) throws {
    let number: [UInt8] = [0x77, 0x35, 0x94, 0x00]
    let chunk = PNGChunk(.pHYs, number + number + [1])
    let picture = try patternPicture(3, 2, .rgb, bits: 8, chunks: [chunk])
    let again = try Picture.decode(written(picture, name))
    #expect(again.chunks.first { $0.kind == .pHYs } == chunk)
  }
}
