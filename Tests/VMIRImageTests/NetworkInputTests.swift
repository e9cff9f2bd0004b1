import TestSupport
import Testing
import VMIRImage

@Suite struct NetworkInputTests {
  @Test func eightBitSamplesAreDividedBy255InSinglePrecision() throws {
    let samples = PictureSamples.eightBit((0...255).map { UInt8($0) })
    let picture = try #require(Picture(width: 256, height: 1, kind: .grey, samples: samples))
    let input = try picture.networkInput(channels: 1)
    #expect(input.shape == [1, 256, 1])
    #expect(input.pixels == (0...255).map { Float($0) / 255 })
  }

  @Test func sixteenBitSamplesAreDividedBy65535() throws {
    let samples = PictureSamples.sixteenBit([0, 1, 257, 32768, 65534, 65535])
    let picture = try #require(Picture(width: 2, height: 1, kind: .rgb, samples: samples))
    #expect(
      try picture.networkInput().pixels
        == [0, 1.0 / 65535, 257.0 / 65535, 32768.0 / 65535, 65534.0 / 65535, 1])
  }

  @Test func greyIsRepeatedForANetworkOfThreeChannelsAndAlphaIsLeftOut() throws {
    let grey = try #require(
      Picture(width: 2, height: 1, kind: .greyAlpha, samples: .eightBit([51, 7, 255, 9])))
    #expect(try grey.networkInput().pixels == [0.2, 0.2, 0.2, 1, 1, 1])
    #expect(try grey.networkInput(channels: 1).pixels == [0.2, 1])
    let color = try #require(
      Picture(width: 1, height: 1, kind: .rgba, samples: .eightBit([0, 51, 255, 9])))
    #expect(try color.networkInput().pixels == [0, 0.2, 1])
  }

  @Test func coloursGiveTheirBrightnessToANetworkOfOneChannel() throws {
    let color = try #require(
      Picture(
        width: 2, height: 1, kind: .rgba, samples: .eightBit([255, 0, 51, 9, 51, 51, 51, 0])))
    let brightness = try color.networkInput(channels: 1)
    #expect(brightness.shape == [1, 2, 1])
    #expect(abs(brightness.pixels[0] - (0.299 + 0.114 * 0.2)) < 1e-6)
    #expect(brightness.pixels[1] == 0.2)
  }

  @Test func channelsThatThePictureLacksAreRefused() throws {
    let picture = try patternPicture(2, 2, .rgb, bits: 8)
    for channels in [0, 2, 4, 6] {
      #expect(throws: PictureError.channelsNotAvailable(wanted: channels, kind: .rgb)) {
        try picture.networkInput(channels: channels)
      }
    }
  }
}
