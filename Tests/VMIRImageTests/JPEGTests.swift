import TestSupport
import Testing
import VMIRCore
import VMIRImage

@Suite struct JPEGTests {
  private func file(_ name: String) throws -> [UInt8] { try Fixtures.bytes("jpeg/\(name).jpg") }

  /// The picture's samples, and how far they are from another decoder's at most.
  private func compare(_ name: String) throws -> (picture: Picture, difference: Int) {
    let picture = try Picture.decode(file(name))
    let expected = try Picture.decode(Fixtures.bytes("jpeg/\(name).png"))
    #expect((picture.width, picture.height) == (expected.width, expected.height))
    #expect(picture.kind == expected.kind)
    guard case .eightBit(let found) = picture.samples,
      case .eightBit(let wanted) = expected.samples,
      found.count == wanted.count
    else { return (picture, .max) }
    return (picture, zip(found, wanted).map { abs(Int($0) - Int($1)) }.max() ?? .max)
  }

  // MARK: Pixels

  @Test(arguments: [
    "baseline-444", "baseline-422", "baseline-420", "restarts", "progressive", "grey",
    "grey-progressive", "stored-as-rgb", "density", "profile",
  ])
  func aSoundFileDecodesToThePixelsOfAnotherDecoder(name: String) throws {
    let (picture, difference) = try compare(name)
    #expect(difference <= 2)
    #expect(picture.notes.isEmpty)
    #expect(picture.kind == (name.hasPrefix("grey") ? .grey : .rgb))
  }

  @Test(arguments: 1...8) func aPictureIsTurnedAsItsOrientationSays(orientation: Int) throws {
    let (picture, difference) = try compare("orientation-\(orientation)")
    #expect(difference <= 2)
    #expect((picture.width, picture.height) == (orientation < 5 ? (23, 18) : (18, 23)))
    let header = try Picture.header(file("orientation-\(orientation)"))
    #expect((header.width, header.height) == (picture.width, picture.height))
  }

  @Test func theHeaderTellsWhatTheDecoderTakes() throws {
    let whole = try Picture.header(file("baseline-444"))
    #expect((whole.width, whole.height, whole.kind, whole.bitDepth) == (23, 18, .rgb, 8))
    #expect(whole.decodingByteCount == 0)
    let progressive = try Picture.header(file("progressive"))
    #expect(progressive.decodingByteCount >= 2 * 24 * 24 * 3)
    #expect(try Picture.header(file("grey")).kind == .grey)
  }

  // MARK: What is kept

  @Test func theProfileIsKeptAndItsChunkIsRead() throws {
    let picture = try Picture.decode(file("profile"))
    #expect(picture.chunks.map(\.kind) == [.iCCP])
    let data = try #require(picture.chunks.first).data
    #expect(data.starts(with: Array("ICC profile".utf8) + [0, 0]))
    let again = try Picture.decode(picture.encode())
    #expect(again.chunks == picture.chunks)
    #expect(again.notes.isEmpty)
  }

  @Test func aProfileThatDoesNotSuitIsLeftOutWithANote() throws {
    let picture = try Picture.decode(file("profile-of-colours-in-grey"))
    #expect(!picture.chunks.contains { $0.kind == .iCCP })
    #expect(picture.notes == ["the colour profile does not suit the picture: left out"])
    var limits = ImageLimits()
    limits.chunkByteCount = 100
    let limited = try Picture.decode(file("profile"), limits: limits)
    #expect(limited.notes == ["the colour profile is not complete or too long: left out"])
  }

  @Test(arguments: [
    ("density", 10000, 5000), ("orientation-1", 10000, 5000), ("orientation-6", 5000, 10000),
  ])
  func theDensityIsKeptAndTurned(name: String, x: Int, y: Int) throws {
    let picture = try Picture.decode(file(name))
    let data = try #require(picture.chunks.first { $0.kind == .pHYs }).data
    let numbers = [0, 4].map { data[$0..<$0 + 4].reduce(0) { $0 << 8 | Int($1) } }
    #expect(numbers == [x, y])
    #expect(data[8] == 1)
  }

  @Test(arguments: 1...8) func exifIsKeptAndSaysThatThePictureIsUpright(orientation: Int) throws {
    let picture = try Picture.decode(file("orientation-\(orientation)"))
    let exif = try #require(picture.chunks.first { $0.kind == .eXIf }).data
    #expect(exif.starts(with: (orientation % 2 == 1 ? "II" : "MM").utf8))
    #expect(String(decoding: exif, as: UTF8.self).contains("a camera"))
    // With the orientation changed back, every byte is the file's.
    let source = try file("orientation-\(orientation)")
    let start = try #require(source.firstRange(of: Array("Exif\0\0".utf8))).upperBound
    let differences = zip(exif, source[start...]).filter { $0 != $1 }
    #expect(differences.map(\.0) == (orientation == 1 ? [] : [1]))
    #expect(differences.map(\.1) == (orientation == 1 ? [] : [UInt8(orientation)]))
  }

  @Test func exifThatIsMalformedIsLeftOutAndThePictureStaysAsItIs() throws {
    let source = try file("orientation-6")
    let start = try #require(source.firstRange(of: Array("Exif\0\0".utf8))).upperBound
    for position in [0, 2, 4] {
      var changed = source
      for offset in 0..<2 { changed[start + position + offset] = 0xFF }
      let picture = try Picture.decode(changed)
      #expect((picture.width, picture.height) == (23, 18))
      #expect(picture.notes == ["the EXIF data is malformed: left out"])
      #expect(!picture.chunks.contains { $0.kind == .eXIf })
    }
  }

  // MARK: Damage

  @Test(arguments: ["baseline-420", "progressive", "grey", "restarts", "orientation-7"])
  func everyPrefixOfAFileThrows(name: String) throws {
    let file = try file(name)
    for count in 0..<file.count {
      let found = decodingError(Array(file[..<count]))
      #expect(found?.exitStatus == .badInput, "\(count) of \(file.count) bytes")
    }
  }

  @Test(arguments: ["baseline-420", "progressive", "grey-progressive", "restarts", "profile"])
  func anyChangeOfAByteThrowsOrDecodes(name: String) throws {
    let file = try file(name)
    var limits = ImageLimits()
    limits.pixelCount = 1 << 16
    for position in file.indices {
      for change: UInt8 in [1, 0x10, 0x80, 0xFF] {
        var changed = file
        changed[position] ^= change
        guard decodingError(changed, limits: limits) == nil else { continue }
        let picture = try Picture.decode(changed, limits: limits)
        #expect(picture.samples.count == picture.width * picture.height * picture.kind.channelCount)
      }
    }
  }

  @Test func bytesAfterThePictureDontMatter() throws {
    let file = try file("baseline-444")
    let longer = try Picture.decode(file + [1, 2, 3])
    #expect(longer.samples == (try Picture.decode(file)).samples)
  }

  @Test func damageToThePixelsIsSaidWithItsRow() throws {
    var file = try file("restarts")
    let marker = try #require(file.firstRange(of: [0xFF, 0xD1]))
    file[marker.lowerBound + 1] = 0xD5
    guard case .corrupt("JPEG", let reason, _, let row) = try #require(decodingError(file)) else {
      Issue.record("\(String(describing: decodingError(file)))")
      return
    }
    #expect(reason.hasPrefix("Corrupt JPEG data: found marker"))
    #expect(row != nil)
    #expect(decodingError(file)?.diagnosis.hasPrefix("is a damaged JPEG: ") == true)
  }

  // MARK: Refusals and limits

  @Test(arguments: [
    ("cmyk", "CMYK"), ("twelve-bit", "precision 12"), ("lossless", "SOF type 0xc3"),
  ])
  func otherKindsAreUnsupported(name: String, reason: String) throws {
    let found = try #require(decodingError(file(name)))
    #expect(found.exitStatus == .unsupported)
    #expect(found.what.hasPrefix("is a JPEG of a kind that is not supported: "))
    #expect(found.what.contains(reason))
  }

  @Test func arithmeticCodingIsUnsupported() throws {
    var file = try file("grey")
    let frame = try #require(file.firstRange(of: [0xFF, 0xC0]))
    file[frame.lowerBound + 1] = 0xC9
    #expect(decodingError(file)?.exitStatus == .unsupported)
  }

  @Test func sidesPixelsAndScansAreLimited() throws {
    #expect(
      decodingError(try file("huge")) == .tooManyPixels(width: 65000, height: 65000, limit: 1 << 28)
    )
    var limits = ImageLimits()
    limits.sideLength = 22
    #expect(
      decodingError(try file("grey"), limits: limits)
        == .sideTooLong(width: 23, height: 18, limit: 22))
    limits = ImageLimits()
    limits.scanCount = 3
    let scans = decodingError(try file("progressive"), limits: limits)
    #expect(scans?.what == "is a damaged JPEG: it has more scans than a picture needs")
  }

  @Test func aPictureThatItsBytesCanNotHoldIsRefusedBeforeMemoryIsTaken() throws {
    var file = try file("baseline-444")
    let frame = try #require(file.firstRange(of: [0xFF, 0xC0])).lowerBound
    file.replaceSubrange(frame + 5..<frame + 9, with: [0x3F, 0, 0x3F, 0])
    #expect(
      decodingError(file)
        == .fewerBytesThanPixels(width: 0x3F00, height: 0x3F00, byteCount: file.count))
  }
}
