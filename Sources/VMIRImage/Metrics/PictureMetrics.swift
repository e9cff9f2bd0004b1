/// Channels that a metric is computed on.
package enum MetricChannels: String, Equatable, Sendable, CaseIterable {
  /// The luma of `ImageMetrics.lumaPSNR`.
  case luma = "y"
  /// All three colours.
  case rgb
}

/// PSNR and SSIM of a restored picture against the ground truth, as papers report them.
package struct PictureMetrics: Equatable, Sendable {
  /// Peak signal-to-noise ratio in dB; infinite where there is no difference.
  package let psnr: Double
  /// Structural similarity; nil where fewer than 11 pixels a side count.
  package let ssim: Double?

  /// Given metrics.
  package init(psnr: Double, ssim: Double?) {
    self.psnr = psnr
    self.ssim = ssim
  }

  /// Compares two images with values in [0, 1], a frame of `border` pixels left out.
  ///
  /// The figures in papers are of 8-bit pictures: round first (`FloatImage.rounded`).
  ///
  /// - Returns: nil for images without 1 or 3 channels, or where the border leaves nothing.
  /// - Throws: `shapeMismatch`.
  package init?(
    _ a: FloatImage, _ b: FloatImage, channels: MetricChannels, border: Int
  ) throws(PictureError) {
    switch channels {
    case .luma:
      guard let psnr = try ImageMetrics.lumaPSNR(a, b, border: border) else { return nil }
      self.init(psnr: psnr, ssim: try ImageMetrics.lumaSSIM(a, b, border: border))
    case .rgb:
      guard a.channels == 1 || a.channels == 3, let first = a.withoutFrame(border),
        let second = b.withoutFrame(border)
      else { return nil }
      self.init(
        psnr: try ImageMetrics(first, second).psnr, ssim: try ImageMetrics.ssim(first, second))
    }
  }
}

extension FloatImage {
  /// The image rounded to 8 bits.
  ///
  /// Clamped to [0, 1], times 255 in `float32`, rounded half to even, over 255. NaN stays NaN.
  package var rounded: FloatImage {
    FloatImage(
      height, width, channels,
      checked: pixels.map { ($0.clampedToUnit * 255).rounded(.toNearestOrEven) / 255 })
  }

  /// The part with this upper left corner and size; nil unless it lies in the image.
  package func part(x: Int, y: Int, width partWidth: Int, height partHeight: Int) -> FloatImage? {
    guard x >= 0, y >= 0, partWidth > 0, partHeight > 0, x <= width - partWidth,
      y <= height - partHeight
    else { return nil }
    var values: [Float] = []
    values.reserveCapacity(partWidth * partHeight * channels)
    for row in y..<y + partHeight {
      let start = (row * width + x) * channels
      values += pixels[start..<start + partWidth * channels]
    }
    return FloatImage(partHeight, partWidth, channels, checked: values)
  }

  /// The image without `border` pixels on each side; nil where that leaves nothing.
  func withoutFrame(_ border: Int) -> FloatImage? {
    guard border >= 0, border <= (min(width, height) - 1) / 2 else { return nil }
    return part(x: border, y: border, width: width - 2 * border, height: height - 2 * border)
  }
}

extension Float {
  fileprivate var clampedToUnit: Float { self < 0 ? 0 : self > 1 ? 1 : self }
}
