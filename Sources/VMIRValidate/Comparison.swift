import VMIRImage

/// How far an output may be from its reference.
public struct ComparisonLimits: Equatable, Sendable {
  /// Largest absolute difference of a value, nominally in [0, 1].
  public var maxAbsolute: Double
  /// Least PSNR in dB for a peak of 1.
  public var minPSNR: Double

  /// Limits of one's own.
  public init(maxAbsolute: Double, minPSNR: Double) {
    self.maxAbsolute = maxAbsolute
    self.minPSNR = minPSNR
  }

  /// For `float32` arrays: 5e-5, an eightieth of an 8-bit step, and 90 dB.
  ///
  /// Two correct programs that add in different orders stay far below.
  public static let floats = ComparisonLimits(maxAbsolute: 5e-5, minPSNR: 90)

  /// For pictures: one 8-bit step, since a value next to a half may round either way, and 50 dB.
  public static let pictures = ComparisonLimits(maxAbsolute: 1 / 255.0 + 1e-6, minPSNR: 50)
}

/// A channel of a pixel.
public struct PixelPosition: Equatable, Sendable {
  /// Column from the left.
  public let x: Int
  /// Row from the top.
  public let y: Int
  /// Channel.
  public let channel: Int

  /// A position in an image that has it.
  public init(x: Int, y: Int, channel: Int) {
    self.x = x
    self.y = y
    self.channel = channel
  }
}

/// An output beside its reference.
public struct Comparison: Equatable, Sendable {
  /// What a comparison can fail by.
  public enum Fault: Equatable, Sendable {
    /// The output has a value that is infinite or not a number.
    case outputNotFinite
    /// The reference has one.
    case referenceNotFinite
    /// A difference is over its limit.
    case maxAbsolute
    /// The PSNR is under its limit.
    case psnr
  }

  /// `[H, W, C]` of both.
  public let shape: [Int]
  /// The differences.
  public let metrics: ImageMetrics
  /// Structural similarity; nil where a side has fewer than 11 pixels.
  public let ssim: Double?
  /// Largest absolute value of the reference.
  public let peak: Double
  /// Where the largest difference is, or the first value that is not finite.
  public let worst: PixelPosition
  /// What it is held against.
  public let limits: ComparisonLimits
  /// What it fails by; empty where it passes.
  public let faults: [Fault]

  /// Whether everything is within its limit.
  public var isPassed: Bool { faults.isEmpty }

  /// Compares an output with its reference.
  ///
  /// - Throws: `shapeMismatch`.
  public init(
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
