import Testing
import VMIRImage

@Suite struct PictureMetricsTests {
  /// A pattern that the script that made the expected figures repeats; `noise` 0 is the original.
  private func pattern(noise: Int, channels: Int = 3) throws -> FloatImage {
    var pixels: [Float] = []
    for y in 0..<20 {
      for x in 0..<17 {
        for k in 0..<channels {
          pixels.append(Float((x * 37 + y * 91 + k * 53 + noise * (x * y % 7)) % 256) / 255)
        }
      }
    }
    return try #require(FloatImage(height: 20, width: 17, channels: channels, pixels: pixels))
  }

  @Test(arguments: [
    (0, 14.933447688401, 0.80246419071036), (2, 14.690677386155, 0.83620029989523),
    (3, 14.039057775853, 0.86495597863716),
  ])
  func figuresOfAllColorsAgreeWithScikitImage(
    border: Int, psnr: Double, ssim: Double
  ) throws {
    // scikit-image 0.26 and NumPy on these float32 values in float64: gaussian_weights=True,
    // sigma=1.5, use_sample_covariance=False, data_range=1, channel_axis=-1, frame cut off first.
    let found = try #require(
      try PictureMetrics(pattern(noise: 0), pattern(noise: 3), channels: .rgb, border: border))
    #expect(abs(found.psnr - psnr) < 1e-8)
    #expect(abs(try #require(found.ssim) - ssim) < 1e-8)
  }

  @Test func figuresOfLumaAreThoseOfTheLumaFunctions() throws {
    let (a, b) = (try pattern(noise: 0), try pattern(noise: 3))
    let found = try #require(try PictureMetrics(a, b, channels: .luma, border: 2))
    #expect(try found.psnr == ImageMetrics.lumaPSNR(a, b, border: 2))
    #expect(try found.ssim == ImageMetrics.lumaSSIM(a, b, border: 2))
  }

  @Test(arguments: MetricChannels.allCases)
  func aBorderThatLeavesNothingGivesNoFigures(channels: MetricChannels) throws {
    let image = try pattern(noise: 0)
    #expect(try PictureMetrics(image, image, channels: channels, border: 8) != nil)
    #expect(try PictureMetrics(image, image, channels: channels, border: 9) == nil)
    #expect(try PictureMetrics(image, image, channels: channels, border: -1) == nil)
    #expect(try PictureMetrics(image, image, channels: channels, border: .max) == nil)
    let six = try pattern(noise: 0, channels: 6)
    #expect(try PictureMetrics(six, six, channels: channels, border: 0) == nil)
  }

  @Test func similarityIsLeftOutWhereItsWindowDoesNotFit() throws {
    let image = try pattern(noise: 0)
    let found = try #require(try PictureMetrics(image, image, channels: .rgb, border: 4))
    #expect(found.psnr == .infinity)
    #expect(found.ssim == nil)
  }

  @Test func roundingClampsAndTiesGoToEven() throws {
    let values: [Float] = [-1, 0.25 / 255, 0.5 / 255, 1.5 / 255, 2.5 / 255, 254.6 / 255, 7]
    let image = try #require(FloatImage(height: 1, width: 7, channels: 1, pixels: values))
    #expect(image.rounded.pixels.map { $0 * 255 } == [0, 0, 0, 2, 2, 255, 255])
    let nan = try #require(FloatImage(height: 1, width: 1, channels: 1, pixels: [.nan]))
    #expect(nan.rounded.pixels[0].isNaN)
  }

  @Test func aPartHasItsPixelsAndOutsideThereIsNone() throws {
    let image = try pattern(noise: 0)
    let part = try #require(image.part(x: 3, y: 2, width: 2, height: 4))
    #expect(part.shape == [4, 2, 3])
    #expect(part.pixels.first == image.pixels[(2 * 17 + 3) * 3])
    #expect(part.pixels.last == image.pixels[(5 * 17 + 4) * 3 + 2])
    #expect(image.part(x: 0, y: 0, width: 17, height: 20) == image)
    #expect(image.part(x: 1, y: 0, width: 17, height: 1) == nil)
    #expect(image.part(x: -1, y: 0, width: 1, height: 1) == nil)
    #expect(image.part(x: .max, y: 0, width: 2, height: 1) == nil)
    #expect(image.part(x: 0, y: 0, width: 0, height: 1) == nil)
    #expect(image.part(x: 2, y: 0, width: .max, height: 1) == nil)
  }
}
