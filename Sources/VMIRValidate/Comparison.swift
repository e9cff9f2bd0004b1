package import VMIRImage

/// Tolerances of a comparison with a reference.
package struct ComparisonLimits: Equatable, Sendable {
  /// Largest absolute difference of a value, nominally in [0, 1].
  package var maxAbsolute: Double
  /// Least PSNR in dB for a peak of 1.
  package var minPSNR: Double

  /// User-supplied tolerances.
  package init(maxAbsolute: Double, minPSNR: Double) {
    self.maxAbsolute = maxAbsolute
    self.minPSNR = minPSNR
  }

  /// For `float32` arrays: 5e-5, an eightieth of an 8-bit step, and 90 dB.
  ///
  /// Two correct programs that add in different orders stay far below.
  package static let floats = ComparisonLimits(maxAbsolute: 5e-5, minPSNR: 90)

  /// For pictures: one 8-bit step, since a value next to a half may round either way, and 50 dB.
  package static let pictures = ComparisonLimits(maxAbsolute: 1 / 255.0 + 1e-6, minPSNR: 50)
}

/// A channel of a pixel.
package struct PixelPosition: Equatable, Sendable {
  /// Column from the left.
  package let x: Int
  /// Row from the top.
  package let y: Int
  /// Channel.
  package let channel: Int

  /// A position in an image that has it.
  package init(x: Int, y: Int, channel: Int) {
    self.x = x
    self.y = y
    self.channel = channel
  }
}

/// Comparison of an output with its reference.
package struct Comparison: Equatable, Sendable {
  /// A reason for a comparison to fail.
  package enum Fault: Equatable, Sendable {
    /// The input has a value that is infinite or not a number, so that the output says little.
    case inputNotFinite
    /// The output has a value that is infinite or not a number.
    case outputNotFinite
    /// The reference has one.
    case referenceNotFinite
    /// A difference is over its limit.
    case maxAbsolute
    /// The PSNR is under its limit.
    case psnr
    /// A token is not the reference's, and no near tie.
    case tokens
  }

  /// `[H, W, C]` of both.
  package let shape: [Int]
  /// The differences.
  package let metrics: ImageMetrics
  /// Structural similarity; nil where a side has fewer than 11 pixels.
  package let ssim: Double?
  /// Largest absolute value of the reference.
  package let peak: Double
  /// Where the largest difference is, or the first value that is not finite.
  package let worst: PixelPosition
  /// The limits.
  package let limits: ComparisonLimits
  /// Reasons for failure; empty if it passes.
  package private(set) var faults: [Fault]
  /// How the network routed pixels by tokens; nil where it does not.
  package var routing: RoutingComparison? {
    didSet {
      faults.removeAll { $0 == .tokens }
      if routing?.firstWrong != nil { faults.append(.tokens) }
    }
  }

  /// Whether everything is within its limit.
  package var isPassed: Bool { faults.isEmpty }

  /// Fails for an input that is not finite.
  package mutating func check(input: FloatImage) {
    if input.firstNonFinite != nil { faults.insert(.inputNotFinite, at: 0) }
  }

  /// Compares an output with its reference.
  ///
  /// - Throws: `shapeMismatch`.
  package init(
    _ output: FloatImage, reference: FloatImage, limits: ComparisonLimits,
    withSSIM: Bool = true
  ) throws(PictureError) {
    metrics = try ImageMetrics(output, reference)
    ssim = withSSIM ? try ImageMetrics.ssim(output, reference) : nil
    shape = output.shape
    self.limits = limits
    var faults: [Fault] = []
    if output.firstNonFinite != nil { faults.append(.outputNotFinite) }
    if reference.firstNonFinite != nil { faults.append(.referenceNotFinite) }
    // Written so that a figure that is not a number fails.
    if !(metrics.maxAbsolute <= limits.maxAbsolute) { faults.append(.maxAbsolute) }
    if !(metrics.psnr >= limits.minPSNR) { faults.append(.psnr) }
    self.faults = faults
    var worst = 0
    var largest = -1.0
    var peak = 0.0
    for index in output.pixels.indices {
      peak = max(peak, abs(Double(reference.pixels[index])))
      let difference = abs(Double(output.pixels[index]) - Double(reference.pixels[index]))
      guard difference.isFinite else {
        worst = index
        break
      }
      if difference > largest { (worst, largest) = (index, difference) }
    }
    self.peak = peak
    let pixel = worst / output.channels
    self.worst = PixelPosition(
      x: pixel % output.width, y: pixel / output.width, channel: worst % output.channels)
  }
}
