import TestSupport
import Testing
import VMIRCore
import VMIRImage

@Suite struct PictureFormatTests {
  /// A file of each format; a row without one fails.
  private static let fixtures = [
    "PNG": "jpeg/grey.png", "JPEG": "jpeg/grey.jpg", "WebP": "pictures/lossy.webp",
    "TIFF": "pictures/tiles.tif", "BMP": "pictures/grey.bmp", "NPY": "npy/count_big_f4.npy",
  ]

  @Test(arguments: PictureFormat.all.map(\.name))
  func eachFormatReadsItsFixture(name: String) throws {
    let format = try #require(PictureFormat.all.first { $0.name == name })
    let path = try #require(PictureFormatTests.fixtures[name], "no fixture for \(name)")
    let bytes = try Fixtures.bytes(path)
    #expect(bytes.withUnsafeBytes { FileKind($0) } == format.kind)
    guard format.isPicture else {
      #expect(try !NpyArray.decode(bytes).values.isEmpty)
      return
    }
    let picture = try Picture.decode(bytes)
    let header = try Picture.header(bytes)
    #expect((header.width, header.height) == (picture.width, picture.height))
    #expect(picture.samples.count > 0)
  }

  @Test func eachEndingLeadsToItsFormatInCapitalsToo() {
    for format in PictureFormat.all {
      for ending in format.extensions {
        #expect(PictureFormat.named("folder.x/a.b\(ending)")?.name == format.name)
        #expect(PictureFormat.named("A" + ending.uppercased())?.name == format.name)
        #expect(ending.first == "." && ending == ending.lowercased())
        // A name that is all ending has none.
        #expect(PictureFormat.named(ending) == nil)
      }
    }
    for name in ["a.jpgx", "a", "png", "a.png/b", "a.txt", ""] {
      #expect(PictureFormat.named(name) == nil, "\(name)")
    }
    #expect(PictureFormat.named("a.jfif")?.name == "JPEG")
    #expect(PictureFormat.named("a.jpe")?.name == "JPEG")
  }

  @Test func noEndingAndNoKindBelongToTwoFormats() {
    let endings = PictureFormat.all.flatMap(\.extensions)
    #expect(Set(endings).count == endings.count)
    for format in PictureFormat.all {
      #expect(PictureFormat.all.filter { $0.kind == format.kind }.count == 1)
      #expect(FileKind.signatures.contains { $0.kind == format.kind })
    }
  }

  @Test func noFileHasTheSignaturesOfTwoKinds() {
    for (kind, bytes, offset) in FileKind.signatures {
      let file = [UInt8](repeating: 0, count: offset) + bytes
      #expect(file.withUnsafeBytes { FileKind($0) } == kind)
      for (other, otherBytes, otherOffset) in FileKind.signatures
      where other != kind && otherOffset == offset {
        let count = min(bytes.count, otherBytes.count)
        #expect(bytes.prefix(count) != otherBytes.prefix(count), "\(kind) and \(other)")
      }
    }
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let picture = try #require(
      Picture(width: 2, height: 1, kind: .grey, samples: .eightBit([7, 200])))
    let bytes = try picture.encode()
    let format = try #require(PictureFormat.of(bytes.withUnsafeBytes { FileKind($0) }))
    #expect(format.isWritten && format.name == PictureFormat.all[0].name)
    #expect(try Picture.decode(bytes) == picture)
  }

  @Test func aFormatIsCalledByItsNameOrAnEnding() {
    for (word, name) in [
      ("png", "PNG"), ("JPEG", "JPEG"), (".jpg", "JPEG"), ("WebP", "WebP"), ("tif", "TIFF"),
    ] {
      #expect(PictureFormat.called(word)?.name == name)
    }
    for word in ["", ".", "gif", "a.png", "png/"] {
      #expect(PictureFormat.called(word) == nil || word == "a.png", "\(word)")
    }
  }

  @Test func listsAreSentences() {
    #expect(PictureFormat.list([]) == "")
    #expect(PictureFormat.list(["A"]) == "A")
    #expect(PictureFormat.list(["A", "B"]) == "A or B")
    #expect(PictureFormat.list(["A", "B", "C"]) == "A, B or C")
    #expect(PictureFormat.pictureNames == "PNG, JPEG, WebP, TIFF or BMP")
  }
}
