import Testing
import VMIRImage
import VMIRValidate

@Suite struct ComparisonTests {
  private let image: FloatImage

  init() throws { image = try SmallModel.image(height: 12, width: 13) }

  private func changed(_ change: (inout [Float]) -> Void) throws -> FloatImage {
    var pixels = image.pixels
    change(&pixels)
    return try #require(FloatImage(height: 12, width: 13, channels: 3, pixels: pixels))
  }

  @Test func equalImagesPassWithoutAnyDifference() throws {
    let comparison = try Comparison(image, reference: image, limits: .floats)
    #expect(comparison.isPassed)
    #expect(comparison.metrics.maxAbsolute == 0)
    #expect(comparison.metrics.psnr == .infinity)
    #expect(comparison.ssim.map { abs($0 - 1) < 1e-12 } == true)
    #expect(comparison.shape == [12, 13, 3])
    #expect(comparison.worst == PixelPosition(x: 0, y: 0, channel: 0))
  }

  @Test func theWorstPixelIsFoundAndOverItsLimitFails() throws {
    let other = try changed { $0[(7 * 13 + 5) * 3 + 2] += 0.25 }
    let comparison = try Comparison(other, reference: image, limits: .floats)
    #expect(comparison.worst == PixelPosition(x: 5, y: 7, channel: 2))
    #expect(abs(comparison.metrics.maxAbsolute - 0.25) < 1e-6)
    #expect(abs(comparison.metrics.meanAbsolute - 0.25 / (12 * 13 * 3)) < 1e-8)
    #expect(comparison.faults == [.maxAbsolute, .psnr])
  }

  @Test func eachLimitFailsAlone() throws {
    let other = try changed { $0[0] = $0[0] < 0.5 ? $0[0] + 0.25 : $0[0] - 0.25 }
    let exactly = try Comparison(other, reference: image, limits: .floats).metrics
    func faults(_ maxAbsolute: Double, _ minPSNR: Double) throws -> [Comparison.Fault] {
      try Comparison(
        other, reference: image,
        limits: ComparisonLimits(maxAbsolute: maxAbsolute, minPSNR: minPSNR)
      ).faults
    }
    #expect(try faults(exactly.maxAbsolute, exactly.psnr) == [])
    #expect(try faults(exactly.maxAbsolute.nextDown, exactly.psnr) == [.maxAbsolute])
    #expect(try faults(exactly.maxAbsolute, exactly.psnr.nextUp) == [.psnr])
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func whatIsNotFiniteFailsOnEitherSideEvenWithoutLimits(value: Float) throws {
    let limits = ComparisonLimits(maxAbsolute: .infinity, minPSNR: -.infinity)
    let other = try changed { $0[(3 * 13 + 4) * 3 + 1] = value }
    let output = try Comparison(other, reference: image, limits: limits)
    #expect(output.faults.contains(.outputNotFinite))
    #expect(!output.faults.contains(.referenceNotFinite))
    #expect(output.worst == PixelPosition(x: 4, y: 3, channel: 1))
    let reference = try Comparison(image, reference: other, limits: limits)
    #expect(reference.faults.contains(.referenceNotFinite))
    #expect(!reference.faults.contains(.outputNotFinite))
    // The same value on both sides is no agreement.
    let both = try Comparison(other, reference: other, limits: limits)
    #expect(both.faults.contains(.outputNotFinite))
    #expect(both.faults.contains(.referenceNotFinite))
  }

  @Test func anInputThatIsNotFiniteIsNamed() throws {
    var comparison = try Comparison(image, reference: image, limits: .floats)
    comparison.check(input: image)
    #expect(comparison.isPassed)
    comparison.check(input: try changed { $0[7] = .nan })
    #expect(comparison.faults == [.inputNotFinite])
  }

  @Test func imagesOfDifferentShapesAreNotCompared() throws {
    let other = try SmallModel.image(height: 13, width: 12)
    #expect(throws: PictureError.shapeMismatch(expected: [12, 13, 3], found: [13, 12, 3])) {
      try Comparison(image, reference: other, limits: .floats)
    }
  }

  @Test func similarityIsLeftOutWhereItsWindowDoesNotFit() throws {
    let small = try SmallModel.image(height: 10, width: 40)
    #expect(try Comparison(small, reference: small, limits: .floats).ssim == nil)
  }
}
