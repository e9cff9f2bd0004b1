import CVMIR
import TestSupport
import Testing
import VMIR
import VMIRFile
import VMIRGraph
import VMIRImage

/// Networks that take other channels than a picture has.
@Suite struct ChannelTests {
  private static func restorer(
    _ channels: Int, scale: Int = 1, _ lines: [String]
  ) throws -> Restorer {
    let sample = OperatorSample("network", channels: channels, scale: scale, lines)
    return try Restorer(
      bytes: try VMIRWriter.bytes(of: try Graph(text: sample.text, seed: 11)), threadCount: 2)
  }

  private static func grey(scale: Int) throws -> Restorer {
    try restorer(
      1, scale: scale,
      scale == 1
        ? ["%y = clip(%x) {low = 0.25, high = 0.75} : f32[1, 1, H, W]"]
        : ["%y = resize_bilinear(%x) {factor = \(scale)} : f32[1, 1, \(scale)*H, \(scale)*W]"])
  }

  /// Colours of little saturation, of which none is cut off.
  private static func picture(
    _ kind: ColorKind, isSixteenBit: Bool = false, height: Int = 6, seed: UInt64 = 3
  ) throws -> Picture {
    var generator = SeededGenerator(seed: seed)
    let count = 9 * height * kind.channelCount
    let floats = generator.floats(count, in: 0.4...0.6)
    return try #require(
      Picture(
        width: 9, height: height, kind: kind,
        samples: isSixteenBit
          ? .sixteenBit(floats.map { UInt16($0 * 65535) })
          : .eightBit(floats.map { UInt8($0 * 255) })))
  }

  @Test(arguments: [ColorKind.rgb, .rgba], [1, 2, 3])
  func aGreyNetworkRestoresTheBrightnessOfColours(kind: ColorKind, scale: Int) throws {
    let restorer = try ChannelTests.grey(scale: scale)
    for isSixteenBit in [false, true] {
      let picture = try ChannelTests.picture(kind, isSixteenBit: isSixteenBit)
      let brightness = try picture.networkInput(channels: 1)
      let colors = try picture.networkInput(channels: 3)
      for pixel in 0..<54 {
        let sum =
          0.299 * colors.pixels[pixel * 3] + 0.587 * colors.pixels[pixel * 3 + 1]
          + 0.114 * colors.pixels[pixel * 3 + 2]
        #expect(abs(brightness.pixels[pixel] - sum) < 1e-6)
      }
      let expected = try restorer.restore(brightness)
      let restored = try restorer.restore(picture)
      #expect(restored.kind == kind)
      #expect((restored.width, restored.height) == (9 * scale, 6 * scale))
      // Colours are corrected where alpha changes: their brightness is then another.
      guard kind == .rgb else { continue }
      let found = try restored.networkInput(channels: 1)
      let limit: Float = isSixteenBit ? 1e-5 : 0.5 / 255 + 1e-5
      for (value, expected) in zip(found.pixels, expected.pixels) {
        #expect(abs(value - expected) <= limit)
      }
    }
  }

  @Test(arguments: [1, 2, 4]) func coloursStayAsTheyAreWhereThePictureIsEven(scale: Int) throws {
    let color: [UInt8] = [90, 130, 160]
    let picture = try #require(
      Picture(
        width: 5, height: 4, kind: .rgb,
        samples: .eightBit((0..<60).map { color[$0 % 3] })))
    let restored = try ChannelTests.grey(scale: scale).restore(picture)
    #expect(
      restored.samples == .eightBit((0..<60 * scale * scale).map { color[$0 % 3] }))
  }

  @Test(arguments: [1, 2]) func theCLibraryRestoresTheBrightnessOfColoursToo(scale: Int) throws {
    let sample = OperatorSample(
      "network", channels: 1, scale: scale,
      scale == 1
        ? ["%y = clip(%x) {low = 0.25, high = 0.75} : f32[1, 1, H, W]"]
        : ["%y = resize_bilinear(%x) {factor = 2} : f32[1, 1, 2*H, 2*W]"])
    let model = try CModel(VMIRWriter.bytes(of: try Graph(text: sample.text, seed: 11)))
    let picture = try ChannelTests.picture(.rgb)
    guard case .eightBit(var input) = picture.samples,
      case .eightBit(let expected) = try ChannelTests.grey(scale: scale).restore(picture).samples
    else { throw RestoreError.cancelled }
    var output = [UInt8](repeating: 7, count: expected.count)
    let result = model.run(&input, &output, width: 9, height: 6)
    #expect(result.status == VMIR_DONE, "\(result.text)")
    #expect(output == expected)
    let refusal = model.run(&input, &output, width: 9, height: 6) { _, target, _ in
      target.channels = 1
    }
    #expect(refusal.text.contains("input has 3 channels, not 1"), "\(refusal.text)")
  }

  @Test func equalChannelsGiveWhatAGreyPictureGives() throws {
    let restorer = try ChannelTests.grey(scale: 2)
    let grey = try ChannelTests.picture(.grey)
    guard case .eightBit(let samples) = grey.samples else { return }
    let colors = try #require(
      Picture(
        width: 9, height: 6, kind: .rgb,
        samples: .eightBit(samples.flatMap { [$0, $0, $0] })))
    guard case .eightBit(let expected) = try restorer.restore(grey).samples,
      case .eightBit(let found) = try restorer.restore(colors).samples
    else { return }
    #expect(found == expected.flatMap { [$0, $0, $0] })
  }

  @Test(arguments: [1, 3]) func furtherPicturesAreTheOtherChannels(channels: Int) throws {
    let count = 3 + channels
    let restorer = try ChannelTests.restorer(
      count,
      [
        "constant @w: f32[3, \(count), 3, 3]",
        "%y = conv2d(%x, @w) {kernel = 3, groups = 1} : f32[1, 3, H, W]",
      ])
    let picture = try ChannelTests.picture(.rgb)
    let other = try ChannelTests.picture(channels == 1 ? .grey : .rgb, seed: 4)
    let (first, second) = (
      try picture.networkInput(channels: 3), try other.networkInput(channels: channels)
    )
    var pixels: [Float] = []
    for pixel in 0..<54 {
      pixels += first.pixels[pixel * 3..<pixel * 3 + 3]
      pixels += second.pixels[pixel * channels..<(pixel + 1) * channels]
    }
    let stacked = try #require(
      FloatImage(height: 6, width: 9, channels: count, pixels: pixels))
    let expected = try Picture(
      restored: try restorer.restore(stacked), like: picture, scale: 1)
    for tiling in [RestoreOptions.Tiling.off, .automatic] {
      var options = RestoreOptions()
      options.tiling = tiling
      let schedule = try restorer.schedule(
        height: 6, width: 9, options: options, otherByteCount: 0)
      let found = try restorer.restore(
        try restorer.prepare(picture, with: [(other, channels)]), schedule)
      #expect(found == expected)
      let small = try ChannelTests.picture(other.kind, height: 5)
      #expect(throws: RestoreError.self) {
        try restorer.prepare(picture, with: [(small, channels)])
      }
    }
    #expect(throws: RestoreError.self) { try restorer.restore(picture) }
  }
}
