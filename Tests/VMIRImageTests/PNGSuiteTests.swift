import TestSupport
import Testing
import VMIRCore
import VMIRImage

/// A line of `Fixtures/png/digests.txt`.
struct SuiteCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// Width, height, kind, bits and SHA-256, or nil where the file must be refused.
  let expected: String?

  var testDescription: String { name }

  static let all: [SuiteCase] = {
    guard let bytes = try? Fixtures.bytes("png/digests.txt") else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
      let parts = line.split(separator: " ", maxSplits: 1)
      return SuiteCase(
        name: String(parts[0]), expected: parts[1] == "refused" ? nil : String(parts[1]))
    }
  }()
}

@Suite struct PNGSuiteTests {
  private func summary(_ picture: Picture) -> String {
    var hash = SHA256()
    switch picture.samples {
    case .eightBit(let samples): samples.withUnsafeBytes { hash.update($0) }
    case .sixteenBit(let samples):
      let bigEndian = samples.map { $0.bigEndian }
      bigEndian.withUnsafeBytes { hash.update($0) }
    }
    let bits = picture.samples.bitDepth
    return "\(picture.width) \(picture.height) \(picture.kind.name) \(bits) "
      + hexadecimal(hash.digest())
  }

  @Test func theSuiteIsThere() {
    #expect(SuiteCase.all.count == 175)
    #expect(SuiteCase.all.count { $0.expected == nil } == 14)
  }

  @Test(arguments: SuiteCase.all.filter { $0.expected != nil })
  func aSoundFileOfTheSuiteDecodesToThePixelsOfAnotherDecoder(file: SuiteCase) throws {
    let picture = try Picture.decode(Fixtures.bytes("png/PngSuite/\(file.name)"))
    #expect(summary(picture) == file.expected)
  }

  @Test(arguments: SuiteCase.all.filter { $0.expected != nil })
  func aFileOfTheSuiteSurvivesEncodingWithPixelsAndChunks(file: SuiteCase) throws {
    let picture = try Picture.decode(Fixtures.bytes("png/PngSuite/\(file.name)"))
    let again = try Picture.decode(picture.encode())
    #expect(again.samples == picture.samples)
    #expect(again.kind == picture.kind)
    #expect(again.chunks == picture.chunks)
    #expect(again.notes.isEmpty)
  }

  @Test(arguments: SuiteCase.all.filter { $0.expected == nil })
  func aCorruptFileOfTheSuiteIsRefusedAsBadInput(file: SuiteCase) throws {
    let bytes = try Fixtures.bytes("png/PngSuite/\(file.name)")
    let error = #expect(throws: PictureError.self) { try Picture.decode(bytes) }
    #expect(error?.exitStatus == .badInput)
  }

  @Test(arguments: [
    ("crc32", "IHDR: CRC error"), ("noend", "the file ends too early"),
    ("palette", "a pixel's colour is not in the palette"), ("trunc", "the file ends too early"),
    ("zlib", "IDAT: incorrect data check"),
  ])
  func otherCorruptFilesAreRefusedWithTheTrueReason(name: String, reason: String) throws {
    let bytes = try Fixtures.bytes("png/invalid/invalid-\(name).png")
    let error = #expect(throws: PictureError.self) { try Picture.decode(bytes) }
    guard case .corrupt(_, let found, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found == reason)
  }
}
