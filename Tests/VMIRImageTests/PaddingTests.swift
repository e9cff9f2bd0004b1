import Testing
import VMIRImage

@Suite struct PaddingTests {
  /// Pixels counted from 1 in reading order, padded to a multiple.
  private func padded(_ width: Int, _ height: Int, to multiple: Int) throws -> FloatImage {
    let pixels = (0..<width * height).map { Float($0 + 1) }
    let image = try #require(
      FloatImage(height: height, width: width, channels: 1, pixels: pixels))
    return try Padding(width: width, height: height, multiple: multiple).apply(to: image)
  }

  @Test func paddingReflectsAsPyTorch() throws {
    // torch.nn.functional.pad(image, (0, 1, 0, 0), mode="reflect")
    // with image = torch.arange(1.0, 16.0).reshape(1, 1, 3, 5); likewise below.
    #expect(
      try padded(5, 3, to: 3).pixels == [
        1, 2, 3, 4, 5, 4,
        6, 7, 8, 9, 10, 9,
        11, 12, 13, 14, 15, 14,
      ])
    // (0, 3, 0, 1) on arange(1, 16)
    #expect(
      try padded(5, 3, to: 4).pixels == [
        1, 2, 3, 4, 5, 4, 3, 2,
        6, 7, 8, 9, 10, 9, 8, 7,
        11, 12, 13, 14, 15, 14, 13, 12,
        6, 7, 8, 9, 10, 9, 8, 7,
      ])
    // (0, 2, 0, 2) on arange(1, 10)
    #expect(
      try padded(3, 3, to: 5).pixels == [
        1, 2, 3, 2, 1,
        4, 5, 6, 5, 4,
        7, 8, 9, 8, 7,
        4, 5, 6, 5, 4,
        1, 2, 3, 2, 1,
      ])
  }

  @Test func beyondTheReflectionTheLastReflectedPixelIsRepeated() throws {
    #expect(
      try padded(3, 1, to: 8).pixels == (0..<8).flatMap { _ in [Float(1), 2, 3, 2, 1, 1, 1, 1] })
    #expect(try padded(1, 1, to: 4).pixels == [Float](repeating: 1, count: 16))
  }

  @Test func everyModeContinuesARowInItsWay() throws {
    // numpy.pad of [1, 2, 3] with mode "reflect", "constant", "symmetric" and "edge"; the last one
    // as symmetric, a multiple more, and reflected from six pixels where those do not suffice.
    let expected: [(EdgeMode, Int, [Float])] = [
      (.reflect, 5, [1, 2, 3, 2, 1]), (.zero, 5, [1, 2, 3, 0, 0]),
      (.symmetric, 8, [1, 2, 3, 3, 2, 1, 1, 2]), (.replicate, 5, [1, 2, 3, 3, 3]),
      (.symmetricWindow, 5, [1, 2, 3, 3, 2]), (.symmetricWindow, 3, [1, 2, 3, 3, 2, 1]),
      (.symmetricWindow, 8, [1, 2, 3, 3, 2, 1, 2, 3]), (.zero, 3, [1, 2, 3]),
    ]
    for (mode, multiple, row) in expected {
      let image = try #require(FloatImage(height: 1, width: 3, channels: 1, pixels: [1, 2, 3]))
      let padding = try Padding(width: 3, height: 1, multiple: multiple, mode: mode)
      let padded = try padding.apply(to: image)
      #expect(Array(padded.pixels.prefix(padded.width)) == row, "\(mode) to \(multiple)")
    }
  }

  @Test func blackIsBelowThePictureToo() throws {
    let image = try #require(FloatImage(height: 1, width: 2, channels: 1, pixels: [1, 2]))
    let padding = try Padding(width: 2, height: 1, multiple: 2, mode: .zero)
    #expect(try padding.apply(to: image).pixels == [1, 2, 0, 0])
  }

  @Test(arguments: EdgeMode.allCases)
  func aSourceReadsWhatPaddingMakes(mode: EdgeMode) throws {
    for (height, width) in [(1, 1), (3, 5), (4, 2)] {
      let count = height * width * 2
      let image = try #require(
        FloatImage(
          height: height, width: width, channels: 2, pixels: (0..<count).map { Float($0 + 1) }))
      let padded = try Padding(width: width, height: height, multiple: 4, mode: mode)
        .apply(to: image)
      var source = PixelSource(image)
      source.edge = mode
      for y in 0..<padded.height {
        var row = [Float](repeating: .nan, count: padded.width * 2)
        row.withUnsafeMutableBufferPointer { row in
          guard let target = row.baseAddress else { return }
          let line = PixelLine(x: 0, y: y, stepX: 1, stepY: 0, count: padded.width)
          source.copy(line, to: target)
        }
        let start = y * padded.width * 2
        #expect(row == Array(padded.pixels[start..<start + padded.width * 2]), "row \(y)")
      }
    }
  }

  @Test func channelsStayTogether() throws {
    let image = try #require(
      FloatImage(height: 1, width: 2, channels: 3, pixels: [1, 2, 3, 4, 5, 6]))
    let padding = try Padding(width: 2, height: 1, multiple: 3)
    let row: [Float] = [1, 2, 3, 4, 5, 6, 1, 2, 3]
    #expect(try padding.apply(to: image).pixels == row + row + row)
  }

  @Test func aMultipleIsNotPadded() throws {
    let padding = try Padding(width: 16, height: 8, multiple: 8)
    #expect(padding.right == 0 && padding.bottom == 0)
    let image = try #require(
      FloatImage(height: 8, width: 16, channels: 1, pixels: .init(repeating: 2, count: 128)))
    #expect(try padding.apply(to: image) == image)
    #expect(try padding.crop(image, scale: 1) == image)
  }

  @Test(arguments: 1...4)
  func croppingUndoesPadding(scale: Int) throws {
    let padding = try Padding(width: 5, height: 3, multiple: 8)
    let (width, height) = (8 * scale, 8 * scale)
    let output = try #require(
      FloatImage(
        height: height, width: width, channels: 2,
        pixels: (0..<width * height * 2).map { Float($0) }))
    let cropped = try padding.crop(output, scale: scale)
    #expect(cropped.shape == [3 * scale, 5 * scale, 2])
    for y in 0..<3 * scale {
      for x in 0..<5 * scale {
        let index = (y * cropped.width + x) * 2
        #expect(cropped.pixels[index] == Float((y * width + x) * 2))
        #expect(cropped.pixels[index + 1] == Float((y * width + x) * 2 + 1))
      }
    }
  }

  @Test func otherShapesAndHugeMultiplesAreRefused() throws {
    let image = try #require(
      FloatImage(height: 3, width: 4, channels: 1, pixels: .init(repeating: 0, count: 12)))
    let padding = try Padding(width: 5, height: 3, multiple: 8)
    #expect(throws: PictureError.shapeMismatch(expected: [3, 5, 1], found: [3, 4, 1])) {
      try padding.apply(to: image)
    }
    #expect(throws: PictureError.shapeMismatch(expected: [8, 8, 1], found: [3, 4, 1])) {
      try padding.crop(image, scale: 1)
    }
    #expect(throws: PictureError.self) { try padding.crop(image, scale: .max) }
    #expect(throws: PictureError.self) { try padding.crop(image, scale: -1) }
    #expect(throws: PictureError.self) { try Padding(width: 5, height: 3, multiple: 1 << 40) }
    #expect(throws: PictureError.self) { try Padding(width: 5, height: 3, multiple: .max) }
    #expect(throws: PictureError.self) { try Padding(width: .max, height: 3, multiple: 8) }
    #expect(throws: PictureError.self) { try Padding(width: 5, height: 3, multiple: 0) }
    #expect(throws: PictureError.self) { try Padding(width: 0, height: 3, multiple: 8) }
  }
}
