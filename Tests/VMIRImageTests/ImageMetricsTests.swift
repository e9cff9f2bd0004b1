import Testing
import VMIRImage

@Suite struct ImageMetricsTests {
  /// A pattern that the script that made the expected figures repeats; `noise` 0 is the original.
  private func pattern(_ height: Int, _ width: Int, _ channels: Int, noise: Int) throws
    -> FloatImage
  {
    var pixels: [Float] = []
    for y in 0..<height {
      for x in 0..<width {
        for k in 0..<channels {
          let value = x * 37 + y * 91 + k * 53 + noise * (x * y % 7)
          pixels.append(Float(value % 256) / 255)
        }
      }
    }
    return try #require(
      FloatImage(height: height, width: width, channels: channels, pixels: pixels))
  }

  private func isClose(_ a: Double?, _ b: Double, within tolerance: Double = 1e-9) -> Bool {
    guard let a else { return false }
    return abs(a - b) <= tolerance
  }

  @Test func figuresAgreeWithNumPy() throws {
    let metrics = try ImageMetrics(pattern(20, 17, 3, noise: 0), pattern(20, 17, 3, noise: 3))
    #expect(isClose(metrics.maxAbsolute, 0.9921568632125854))
    #expect(isClose(metrics.meanAbsolute, 0.05921953087535632))
    #expect(isClose(metrics.meanSquare, 0.032111103557746074))
    #expect(isClose(metrics.psnr, 14.933447688400998))
  }

  @Test func structuralSimilarityAgreesWithScikitImage() throws {
    // scikit-image 0.26, float64: gaussian_weights=True, sigma=1.5,
    // use_sample_covariance=False, data_range=1
    #expect(
      isClose(
        try ImageMetrics.ssim(pattern(20, 17, 3, noise: 0), pattern(20, 17, 3, noise: 3)),
        0.8024641907103599))
    #expect(
      isClose(
        try ImageMetrics.ssim(pattern(11, 11, 1, noise: 0), pattern(11, 11, 1, noise: 2)),
        0.9967655091361867))
  }

  @Test func lumaFiguresAgreeWithNumPyAndScikitImage() throws {
    let (a, b) = (try pattern(20, 17, 3, noise: 0), try pattern(20, 17, 3, noise: 3))
    #expect(isClose(try ImageMetrics.lumaPSNR(a, b), 20.274100650318726))
    #expect(isClose(try ImageMetrics.lumaPSNR(a, b, border: 4), 20.039508761842633))
    #expect(isClose(try ImageMetrics.lumaSSIM(a, b), 0.7934292859535055))
    #expect(isClose(try ImageMetrics.lumaSSIM(a, b, border: 2), 0.8196273398671572))
  }

  @Test func equalImagesHaveNoDifference() throws {
    let image = try pattern(12, 13, 3, noise: 1)
    let metrics = try ImageMetrics(image, image)
    #expect(metrics.maxAbsolute == 0 && metrics.meanSquare == 0 && metrics.psnr == .infinity)
    #expect(isClose(try ImageMetrics.ssim(image, image), 1, within: 1e-12))
    #expect(try ImageMetrics.lumaPSNR(image, image) == .infinity)
  }

  @Test func figuresThatDoNotExistAreNil() throws {
    let small = try pattern(10, 30, 3, noise: 0)
    #expect(try ImageMetrics.ssim(small, small) == nil)
    #expect(try ImageMetrics.lumaPSNR(small, small, border: 5) == nil)
    #expect(try ImageMetrics.lumaPSNR(small, small, border: 4) == .infinity)
    #expect(try ImageMetrics.lumaPSNR(small, small, border: -1) == nil)
    #expect(try ImageMetrics.lumaPSNR(small, small, border: .max) == nil)
    let many = try pattern(12, 12, 6, noise: 0)
    #expect(try ImageMetrics.lumaPSNR(many, many) == nil)
    #expect(ImageMetrics([], []) == nil)
    #expect(ImageMetrics([1], [1, 2]) == nil)
  }

  @Test func otherShapesAreRefused() throws {
    let (a, b) = (try pattern(11, 12, 3, noise: 0), try pattern(12, 11, 3, noise: 0))
    #expect(throws: PictureError.self) { try ImageMetrics(a, b) }
    #expect(throws: PictureError.self) { try ImageMetrics.ssim(a, b) }
    #expect(throws: PictureError.self) { try ImageMetrics.lumaPSNR(a, b) }
  }

  @Test(arguments: [0, 1, 2])
  func aValueThatIsNotANumberMeetsNoLimit(position: Int) throws {
    var values: [Float] = [0, 1, 0.5]
    values[position] = .nan
    let metrics = try #require(ImageMetrics([0, 0, 0], values))
    #expect(!(metrics.maxAbsolute <= 1e9))
    #expect(!(metrics.meanAbsolute <= 1e9))
    #expect(!(metrics.psnr >= 0))
  }

  @Test func greyCountsAsThreeEqualChannels() throws {
    let (a, b) = (try pattern(4, 4, 1, noise: 0), try pattern(4, 4, 1, noise: 2))
    func tripled(_ image: FloatImage) throws -> FloatImage {
      try #require(
        FloatImage(height: 4, width: 4, channels: 3, pixels: image.pixels.flatMap { [$0, $0, $0] }))
    }
    #expect(
      try ImageMetrics.lumaPSNR(a, b) == ImageMetrics.lumaPSNR(tripled(a), tripled(b)))
  }
}
