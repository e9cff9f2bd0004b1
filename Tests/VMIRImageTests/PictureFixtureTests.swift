import Foundation
import TestSupport
import Testing
import VMIRCore
import VMIRImage

/// A file of `pictures/index.txt`: what it decodes to by Pillow, and how far from that it may be.
struct PictureFixture: CustomTestStringConvertible, Sendable {
  let name: String
  let expected: String
  let tolerance: Int

  var testDescription: String { name }

  /// Words of the lines of a list of fixtures.
  static func lines(_ list: String) -> [[String]] {
    let text = (try? Fixtures.bytes("pictures/\(list)")).map { String(decoding: $0, as: UTF8.self) }
    return (text ?? "").split(separator: "\n").map { line in
      line.split(separator: " ").map { String($0) }
    }
  }

  static let all = lines("index.txt").map {
    PictureFixture(name: $0[0], expected: $0[1], tolerance: Int($0[2]) ?? 0)
  }
}

/// TIFF, WebP and BMP: every kind that is read, damage, and bombs.
@Suite struct PictureFixtureTests {
  private func file(_ name: String) throws -> [UInt8] { try Fixtures.bytes("pictures/\(name)") }

  private func numbers(_ samples: PictureSamples) -> [Int] {
    switch samples {
    case .eightBit(let samples): samples.map { Int($0) }
    case .sixteenBit(let samples): samples.map { Int($0) }
    }
  }

  // MARK: Pixels

  @Test func thereAreFixturesOfEveryFormat() {
    for ending in [".tif", ".webp", ".bmp"] {
      #expect(PictureFixture.all.count { $0.name.hasSuffix(ending) } >= 10)
    }
  }

  @Test(arguments: PictureFixture.all)
  func aSoundFileDecodesToThePixelsOfAnotherDecoder(fixture: PictureFixture) throws {
    let bytes = try file(fixture.name)
    let picture = try Picture.decode(bytes)
    let expected = try Picture.decode(file(fixture.expected))
    #expect((picture.width, picture.height) == (expected.width, expected.height))
    #expect(picture.kind == expected.kind)
    #expect(picture.samples.bitDepth == expected.samples.bitDepth)
    let (found, wanted) = (numbers(picture.samples), numbers(expected.samples))
    try #require(found.count == wanted.count)
    let difference = zip(found, wanted).map { abs($0 - $1) }.max() ?? .max
    #expect(difference <= fixture.tolerance)
    let header = try Picture.header(bytes)
    #expect((header.width, header.height) == (picture.width, picture.height))
    #expect((header.kind, header.bitDepth) == (picture.kind, picture.samples.bitDepth))
  }

  @Test(arguments: [
    ("two-pages.tif", "the file has several pages; only the first was read"),
    ("five-channels.tif", "2 channels without a known meaning are left out"),
  ])
  func whatIsLeftOutIsSaid(name: String, note: String) throws {
    #expect(try Picture.decode(file(name)).notes == [note])
  }

  @Test(arguments: [
    ("orientation-1.tif", 10000, 5000), ("orientation-6.tif", 5000, 10000),
    ("rgb.bmp", 10000, 5000), ("top-down.bmp", 10000, 5000),
  ])
  func theDensityIsKeptAndTurned(name: String, x: Int, y: Int) throws {
    let picture = try Picture.decode(file(name))
    let data = try #require(picture.chunks.first { $0.kind == .pHYs }).data
    let numbers = [0, 4].map { data[$0..<$0 + 4].reduce(0) { $0 << 8 | Int($1) } }
    #expect(numbers == [x, y])
  }

  @Test func theProfileOfABitmapIsKept() throws {
    #expect(try Picture.decode(file("profile.bmp")).chunks.map(\.kind) == [.iCCP])
  }

  // MARK: Refusals and limits

  @Test(arguments: PictureFixture.lines("refused.txt"))
  func otherKindsAreRefusedByName(words: [String]) throws {
    let found = try #require(decodingError(try file(words[0])))
    #expect(found.exitStatus == .unsupported)
    #expect(found.what.contains(words[1...].joined(separator: " ")), "\(found.what)")
  }

  @Test func runsThatCanNotFillABitmapAreRefused() throws {
    var bytes = try file("runs.bmp")
    bytes.replaceSubrange(18..<26, with: [0, 0x40, 0, 0, 0, 0x40, 0, 0])
    #expect(
      decodingError(bytes)
        == .fewerBytesThanPixels(width: 1 << 14, height: 1 << 14, byteCount: bytes.count))
  }

  @Test func runsBeyondAnEdgeOfABitmapAreLeftOut() throws {
    let whole = try Picture.decode(file("runs.bmp"))
    var bytes = try file("runs.bmp")
    // A column less.
    bytes[18] -= 1
    let narrow = try Picture.decode(bytes)
    let rows = numbers(whole.samples).enumerated().filter { $0.offset % 23 != 22 }.map(\.element)
    #expect(numbers(narrow.samples) == rows)
  }

  @Test(arguments: ["bomb.tif", "bomb-tiles.tif"])
  func aFewBytesDoNotTakeMuchMemory(name: String) throws {
    #expect(decodingError(try file(name))?.exitStatus == .badInput)
  }

  @Test(arguments: ["tiles.tif", "lossless.webp", "grey.bmp"])
  func sidesAndPixelsAreLimited(name: String) throws {
    var limits = ImageLimits()
    limits.sideLength = 22
    #expect(
      decodingError(try file(name), limits: limits)
        == .sideTooLong(width: 23, height: 18, limit: 22))
    limits = ImageLimits()
    limits.pixelCount = 413
    #expect(
      decodingError(try file(name), limits: limits)
        == .tooManyPixels(width: 23, height: 18, limit: 413))
  }

  // MARK: Damage

  /// One of each kind of decoding.
  private static let damaged = [
    "lzw.tif", "predictor.tif", "packbits.tif", "jpeg.tif", "group4.tif", "tiles-deflate.tif",
    "plane-tiles.tif", "big-tiff.tif", "palette-4.tif", "rgba-16.tif", "lossy-alpha.webp",
    "lossless-alpha.webp", "orientation-6.webp", "masks.bmp", "sixteen-colours.bmp", "core.bmp",
    "runs-moved.bmp", "runs-4.bmp",
  ]

  @Test(arguments: damaged) func everyPrefixOfAFileThrowsOrDecodes(name: String) throws {
    let file = try file(name)
    for count in 0..<file.count {
      guard let found = decodingError(Array(file[..<count])) else {
        // Only what stands behind the pixels may be missing.
        #expect(count > file.count / 2, "\(count) of \(file.count) bytes")
        continue
      }
      #expect(
        found.exitStatus == .badInput || found.exitStatus == .unsupported,
        "\(count) of \(file.count) bytes: \(found)")
    }
  }

  @Test(arguments: damaged) func anyChangeOfAByteThrowsOrDecodes(name: String) throws {
    let file = try file(name)
    var limits = ImageLimits()
    limits.pixelCount = 1 << 14
    for position in file.indices {
      for change: UInt8 in [1, 0x80, 0xFF] {
        var changed = file
        changed[position] ^= change
        guard decodingError(changed, limits: limits) == nil else { continue }
        let picture = try Picture.decode(changed, limits: limits)
        #expect(picture.samples.count == picture.width * picture.height * picture.kind.channelCount)
        let header = try Picture.header(changed, limits: limits)
        #expect((header.width, header.height) == (picture.width, picture.height))
      }
    }
  }

  @Test func damageToThePixelsIsSaidWithItsRow() throws {
    var bytes = try file("deflate.tif")
    let stream = try #require(bytes.firstRange(of: [0x78]))
    bytes[stream.lowerBound + 60] ^= 0xFF
    guard case .corrupt("TIFF", _, _, let row)? = decodingError(bytes) else {
      Issue.record("\(String(describing: decodingError(bytes)))")
      return
    }
    #expect(row != nil)
  }
}
