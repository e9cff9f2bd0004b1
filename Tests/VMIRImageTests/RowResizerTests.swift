import TestSupport
import Testing
import VMIRImage

/// Sizes and edges; the numbers are compared with Pillow's by `pictures_test.py`.
@Suite struct RowResizerTests {
  private func resized(_ picture: Picture, _ width: Int, _ height: Int) throws -> [Int] {
    var resizer = RowResizer(from: picture.form, width: width, height: height)
    #expect((resizer.form.width, resizer.form.height) == (width, height))
    var rowCount = 0
    var numbers: [Int] = []
    func take(_ row: UnsafeRawBufferPointer) {
      rowCount += 1
      #expect(row.count == resizer.form.rowByteCount)
      numbers +=
        picture.samples.bitDepth == 8
        ? row.map { Int($0) } : row.bindMemory(to: UInt16.self).map { Int($0) }
    }
    let bytes: [UInt8] =
      switch picture.samples {
      case .eightBit(let samples): samples
      case .sixteenBit(let samples): samples.withUnsafeBytes { [UInt8]($0) }
      }
    let step = picture.form.rowByteCount
    var copy = resizer
    for start in stride(from: 0, to: bytes.count, by: step) {
      bytes[start..<start + step].withUnsafeBytes { row in copy.add(row) { take($0) } }
    }
    resizer = copy
    #expect(rowCount == height)
    return numbers
  }

  @Test(arguments: ColorKind.allCases, [8, 16])
  func allRowsComeAtAnySize(kind: ColorKind, bits: Int) throws {
    for (width, height) in [(1, 1), (7, 5), (40, 1)] {
      let picture = try patternPicture(width, height, kind, bits: bits)
      for (newWidth, newHeight) in [(1, 1), (3, 2), (11, 13), (200, 3), (2, 150)] {
        let numbers = try resized(picture, newWidth, newHeight)
        #expect(numbers.count == newWidth * newHeight * kind.channelCount)
      }
    }
  }

  @Test(arguments: [8, 16]) func oneColourStaysThatColour(bits: Int) throws {
    let color = [200, 3, 90, 255].map { bits == 8 ? $0 : $0 * 257 - 5 * ($0 % 7) }
    let count = 9 * 8
    let picture = try #require(
      Picture(
        width: 9, height: 8, kind: .rgba,
        samples: bits == 8
          ? .eightBit((0..<count).flatMap { _ in color.map { UInt8($0) } })
          : .sixteenBit((0..<count).flatMap { _ in color.map { UInt16($0) } })))
    for (width, height) in [(3, 3), (18, 5), (31, 40)] {
      let numbers = try resized(picture, width, height)
      for (index, number) in numbers.enumerated() { #expect(abs(number - color[index % 4]) <= 1) }
    }
  }

  @Test func theSameSizeIsTheSamePicture() throws {
    let picture = try patternPicture(13, 9, .rgb, bits: 8)
    guard case .eightBit(let samples) = picture.samples else { return }
    #expect(try resized(picture, 13, 9) == samples.map { Int($0) })
  }

  @Test func coloursThatCanNotBeSeenDoNotShow() throws {
    // White beside transparent black.
    let picture = try #require(
      Picture(
        width: 8, height: 1, kind: .greyAlpha,
        samples: .eightBit((0..<8).flatMap { $0 < 4 ? [255, 255] : [0, 0] })))
    let numbers = try resized(picture, 24, 1)
    for x in 0..<24 where numbers[2 * x + 1] > 20 { #expect(numbers[2 * x] >= 250, "\(x)") }
  }

  @Test func itsMemoryIsForeseen() {
    let source = PictureForm(width: 4000, height: 3000, kind: .rgb, bitDepth: 8)
    let byteCount = RowResizer.byteCount(from: source, width: 2000, height: 1500)
    #expect(byteCount > 13 * 2000 * 3 * 4 && byteCount < 2_000_000)
    #expect(RowResizer.byteCount(from: source, width: 1 << 20, height: .max) == .max)
  }
}
