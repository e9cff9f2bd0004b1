import CVMIRPlatform

/// Difference metrics of two images or arrays, computed in `Double`.
///
/// A NaN difference makes every metric NaN, so that every comparison with a limit fails.
package struct ImageMetrics: Equatable, Sendable {
  /// Largest absolute difference.
  package let maxAbsolute: Double
  /// Mean absolute difference.
  package let meanAbsolute: Double
  /// Mean squared difference.
  package let meanSquare: Double

  /// The differences of two equally long, non-empty rows of values; else nil.
  package init?(_ a: [Float], _ b: [Float]) {
    guard a.count == b.count, !a.isEmpty else { return nil }
    var largest = 0.0
    var sum = 0.0
    var squares = 0.0
    for index in 0..<a.count {
      let difference = abs(Double(a[index]) - Double(b[index]))
      if difference > largest { largest = difference }
      sum += difference
      squares += difference * difference
    }
    maxAbsolute = sum.isNaN ? .nan : largest
    meanAbsolute = sum / Double(a.count)
    meanSquare = squares / Double(a.count)
  }

  /// The differences of two images of one shape, over all pixels and channels.
  ///
  /// - Throws: `shapeMismatch`.
  package init(_ a: FloatImage, _ b: FloatImage) throws(PictureError) {
    guard a.shape == b.shape, let metrics = ImageMetrics(a.pixels, b.pixels) else {
      throw .shapeMismatch(expected: a.shape, found: b.shape)
    }
    self = metrics
  }

  /// Peak signal-to-noise ratio in dB for a peak of 1; infinite where there is no difference.
  package var psnr: Double { ImageMetrics.psnr(meanSquare: meanSquare) }

  /// Peak signal-to-noise ratio in dB for a peak of 1.
  package static func psnr(meanSquare: Double) -> Double {
    meanSquare == 0 ? .infinity : -10 * vp_log10(meanSquare)
  }
}

// MARK: Luma

extension ImageMetrics {
  /// PSNR in dB of the Y channel, a frame of `border` pixels left out.
  ///
  /// Y = (16 + 65.481 R + 128.553 G + 24.966 B) / 255, as MATLAB's `rgb2ycbcr` of real values:
  /// BT.601 studio swing, not rounded; a peak of 1 is 255 steps. A grey image counts as R = G = B.
  /// The figures in papers are of 8-bit pictures: quantize first.
  ///
  /// - Returns: nil for images without 1 or 3 channels, or where the border leaves nothing.
  /// - Throws: `shapeMismatch`.
  package static func lumaPSNR(
    _ a: FloatImage, _ b: FloatImage, border: Int = 0
  ) throws(PictureError) -> Double? {
    guard let (first, second) = try lumaPlanes(a, b, border: border) else { return nil }
    var squares = 0.0
    for index in 0..<first.values.count {
      let difference = first.values[index] - second.values[index]
      squares += difference * difference
    }
    return psnr(meanSquare: squares / Double(first.values.count))
  }

  /// Structural similarity of the Y channel of `lumaPSNR`, a frame of `border` pixels left out.
  ///
  /// - Returns: nil as `lumaPSNR`, and where fewer than 11 pixels a side are left.
  /// - Throws: `shapeMismatch`.
  package static func lumaSSIM(
    _ a: FloatImage, _ b: FloatImage, border: Int = 0
  ) throws(PictureError) -> Double? {
    guard let (first, second) = try lumaPlanes(a, b, border: border) else { return nil }
    return StructuralSimilarity().mean(first, second)
  }

  private static func lumaPlanes(
    _ a: FloatImage, _ b: FloatImage, border: Int
  ) throws(PictureError) -> (MetricPlane, MetricPlane)? {
    guard a.shape == b.shape else { throw .shapeMismatch(expected: a.shape, found: b.shape) }
    guard a.channels == 1 || a.channels == 3, border >= 0,
      border <= (min(a.width, a.height) - 1) / 2
    else { return nil }
    return (MetricPlane(lumaOf: a, border: border), MetricPlane(lumaOf: b, border: border))
  }
}

// MARK: Structural similarity

extension ImageMetrics {
  /// Structural similarity for values in [0, 1], the mean over the channels.
  ///
  /// Gaussian window of 11 x 11 with sigma 1.5, K1 = 0.01, K2 = 0.03, population covariance, over
  /// the positions where the whole window lies in the image. Agrees with scikit-image's
  /// `structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
  /// data_range=1, channel_axis=-1)`.
  ///
  /// Source: Wang, Bovik, Sheikh, Simoncelli, Image quality assessment, 2004.
  ///
  /// - Returns: nil where a side has fewer than 11 pixels.
  /// - Throws: `shapeMismatch`.
  package static func ssim(_ a: FloatImage, _ b: FloatImage) throws(PictureError) -> Double? {
    guard a.shape == b.shape else { throw .shapeMismatch(expected: a.shape, found: b.shape) }
    let similarity = StructuralSimilarity()
    var sum = 0.0
    for channel in 0..<a.channels {
      let mean = similarity.mean(
        MetricPlane(channel: channel, of: a), MetricPlane(channel: channel, of: b))
      guard let mean else { return nil }
      sum += mean
    }
    return sum / Double(a.channels)
  }
}
