import TestSupport
import Testing
import VMIR
import VMIRImage

@Suite struct RestoredPictureTests {
  private func restored(_ pixels: [Float], _ kind: ColorKind = .grey, bits: Int = 8) throws
    -> PictureSamples
  {
    let source = try patternPicture(pixels.count, 1, kind, bits: bits)
    let image = try #require(
      FloatImage(height: 1, width: pixels.count, channels: 1, pixels: pixels))
    return try Picture(restored: image, like: source, scale: 1).samples
  }

  @Test func halvesAreRoundedToEven() throws {
    let values: [Float] = [0.5, 1.5, 2.5, 3.5, 126.5, 127.5, 253.5, 254.5]
    #expect(try restored(values.map { $0 / 255 }) == .eightBit([0, 2, 2, 4, 126, 128, 254, 254]))
  }

  @Test func sixteenBitsAreRoundedToEvenToo() throws {
    let values: [Float] = [0.5, 1.5, 2.5, 32768, 65534.5]
    #expect(
      try restored(values.map { $0 / 65535 }, bits: 16)
        == .sixteenBit([0, 2, 2, 32768, 65534]))
  }

  @Test func valuesOutsideAreClamped() throws {
    #expect(
      try restored([-0.1, -0.0, 1.0001, 1e30, -1e30]) == .eightBit([0, 0, 255, 255, 0]))
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func aValueThatIsNotFiniteIsAnErrorWithItsPlace(value: Float) throws {
    let source = try patternPicture(2, 2, .rgb, bits: 8)
    var pixels = [Float](repeating: 0.5, count: 12)
    pixels[10] = value
    let image = try #require(FloatImage(height: 2, width: 2, channels: 3, pixels: pixels))
    let error = #expect(throws: PictureError.self) {
      try Picture(restored: image, like: source, scale: 1)
    }
    #expect(error == .notFinite(x: 1, y: 1, channel: 1))
    #expect(error?.place == "x 1, y 1, channel 1")
  }

  @Test func aGreySourceGivesTheLumaOfTheClampedChannels() throws {
    let source = try patternPicture(4, 1, .grey, bits: 8)
    let pixels: [Float] = [1, 0, 0, 0, 2, 0, 0, -1, 1, 0.3, 0.3, 0.3]
    let image = try #require(FloatImage(height: 1, width: 4, channels: 3, pixels: pixels))
    let picture = try Picture(restored: image, like: source, scale: 1)
    #expect(picture.kind == .grey)
    // 76.245, 149.685, 29.07, 76.5
    #expect(picture.samples == .eightBit([76, 150, 29, 76]))
  }

  @Test func aShapeThatDoesNotFitIsRefused() throws {
    let source = try patternPicture(3, 2, .rgb, bits: 8)
    let image = try #require(
      FloatImage(height: 4, width: 6, channels: 2, pixels: .init(repeating: 0, count: 48)))
    #expect(throws: PictureError.shapeMismatch(expected: [4, 6, 3], found: [4, 6, 2])) {
      try Picture(restored: image, like: source, scale: 2)
    }
    #expect(throws: PictureError.self) {
      try Picture(restored: image, like: source, scale: .max)
    }
    #expect(throws: PictureError.self) { try Picture(restored: image, like: source, scale: 0) }
  }

  // MARK: Sizes

  @Test(arguments: [ColorKind.grey, .rgba], [8, 16])
  func aResultOfAnotherSizeIsTheNetworksResampled(kind: ColorKind, bits: Int) throws {
    let restorer = try Restorer(bytes: SmallModel.bytes(), threadCount: 1)
    let source = try patternPicture(9, 7, kind, bits: bits)
    let whole = try restorer.restore(source)
    let sizes: [(ResultSize, Int, Int)] = [
      (.sides(width: 20, height: 31), 20, 31), (.width(18), 18, 14), (.height(56), 72, 56),
      (.percent(50), 18, 14), (.factor(1.5), 14, 11), (.factor(.nan), 1, 1), (.width(-3), 1, 1),
    ]
    for (size, width, height) in sizes {
      var options = RestoreOptions()
      options.size = size
      let found = try restorer.restore(source, options: options)
      #expect((found.width, found.height) == (width, height))
      var resizer = RowResizer(from: whole.form, width: width, height: height)
      var expected: [UInt8] = []
      let bytes = sampleBytes(whole)
      for start in stride(from: 0, to: bytes.count, by: whole.form.rowByteCount) {
        bytes[start..<start + whole.form.rowByteCount].withUnsafeBytes { row in
          resizer.add(row) { expected += $0 }
        }
      }
      #expect(sampleBytes(found) == expected)
    }
    var options = RestoreOptions()
    options.size = .factor(4)
    #expect(try restorer.restore(source, options: options) == whole)
    options.size = .sides(width: 1 << 20, height: 1 << 20)
    #expect(throws: RestoreError.self) { try restorer.restore(source, options: options) }
  }

  private func sampleBytes(_ picture: Picture) -> [UInt8] {
    switch picture.samples {
    case .eightBit(let samples): samples
    case .sixteenBit(let samples): samples.withUnsafeBytes { [UInt8]($0) }
    }
  }

  // MARK: Alpha

  private func enlarged(_ alpha: [UInt8], width: Int, scale: Int) throws -> [UInt8] {
    let height = alpha.count / width
    let source = try #require(
      Picture(
        width: width, height: height, kind: .greyAlpha,
        samples: .eightBit(alpha.flatMap { [UInt8(0), $0] })
      ))
    let count = alpha.count * scale * scale
    let image = try #require(
      FloatImage(
        height: height * scale, width: width * scale, channels: 1,
        pixels: .init(repeating: 0, count: count)))
    let picture = try Picture(restored: image, like: source, scale: scale)
    guard case .eightBit(let samples) = picture.samples else { return [] }
    return stride(from: 1, to: samples.count, by: 2).map { samples[$0] }
  }

  @Test(arguments: 1...9, [UInt16(0), 1, 255, 32767, 65534, 65535])
  func constantAlphaStaysExact(scale: Int, value: UInt16) throws {
    let count = 5 * 3
    let source = try #require(
      Picture(
        width: 5, height: 3, kind: .rgba,
        samples: .sixteenBit((0..<count).flatMap { _ in [UInt16(1), 2, 3, value] })))
    let image = try #require(
      FloatImage(
        height: 3 * scale, width: 5 * scale, channels: 3,
        pixels: .init(repeating: 0, count: count * scale * scale * 3)))
    let picture = try Picture(restored: image, like: source, scale: scale)
    let expected: [UInt16] = (0..<count * scale * scale).flatMap { _ in [0, 0, 0, value] }
    #expect(picture.samples == .sixteenBit(expected))
  }

  @Test func alphaIsEnlargedAsByAnotherBicubicFilter() throws {
    // Pillow 13: mode "F", edges repeated by numpy.pad, Image.BICUBIC, the middle cut out,
    // numpy.rint.
    let alpha: [UInt8] = [0, 50, 200, 255, 10, 90, 30, 70, 255, 255, 0, 0, 5, 180, 120, 60]
    let expected: [UInt8] = [
      0, 0, 7, 21, 47, 98, 161, 213, 241, 255, 255, 255,
      0, 0, 9, 24, 50, 96, 153, 200, 227, 244, 255, 255,
      0, 0, 9, 30, 56, 87, 121, 151, 173, 191, 203, 207,
      0, 0, 11, 42, 66, 75, 77, 83, 98, 117, 130, 134,
      4, 10, 36, 71, 90, 77, 48, 30, 37, 56, 70, 73,
      89, 93, 113, 140, 145, 106, 45, 4, 2, 19, 33, 36,
      200, 201, 213, 226, 213, 148, 58, 0, 0, 0, 9, 11,
      255, 255, 255, 255, 255, 179, 76, 0, 0, 0, 0, 0,
      196, 199, 221, 247, 245, 186, 99, 33, 12, 11, 13, 11,
      79, 88, 128, 182, 208, 182, 128, 83, 61, 48, 40, 36,
      0, 5, 59, 133, 180, 177, 149, 120, 98, 76, 60, 56,
      0, 0, 44, 122, 174, 177, 154, 129, 106, 82, 64, 60,
    ]
    #expect(try enlarged(alpha, width: 4, scale: 3) == expected)
  }

  @Test func alphaIsCopiedWhereNothingIsEnlarged() throws {
    let alpha: [UInt8] = [0, 3, 254, 255, 128, 9]
    #expect(try enlarged(alpha, width: 3, scale: 1) == alpha)
  }

  // MARK: Chunks

  private func density(_ data: [UInt8], scale: Int) throws -> [UInt8] {
    let source = try patternPicture(1, 1, .grey, bits: 8, chunks: [PNGChunk(.pHYs, data)])
    let image = try #require(
      FloatImage(
        height: scale, width: scale, channels: 1, pixels: .init(repeating: 0, count: scale * scale))
    )
    return try #require(Picture(restored: image, like: source, scale: scale).chunks.first).data
  }

  @Test func thePhysicalSizeStays() throws {
    #expect(
      try density([0, 0, 11, 19, 0, 0, 0x80, 1, 1], scale: 4)
        == [0, 0, 44, 76, 0, 2, 0, 4, 1])
    #expect(
      try density([0x40, 0, 0, 0, 0x1F, 0xFF, 0xFF, 0xFF, 1], scale: 4)
        == [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFC, 1])
    #expect(
      try density([0, 0, 0, 2, 0, 0, 0, 1, 0], scale: 4) == [0, 0, 0, 2, 0, 0, 0, 1, 0])
  }

  @Test(arguments: ColorKind.allCases, [8, 16])
  func anIdentityNetworkGivesThePictureBack(kind: ColorKind, bits: Int) throws {
    let picture = try patternPicture(19, 7, kind, bits: bits)
    let restored = try Picture(restored: picture.networkInput(), like: picture, scale: 1)
    #expect(restored == picture)
  }
}
