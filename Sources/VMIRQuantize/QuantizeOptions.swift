import VMIRGraph

/// How inputs of layers are scaled to integers.
public enum ActivationScaling: String, Equatable, Sendable, CaseIterable {
  /// Each pixel by its own greatest magnitude, while the network runs.
  case dynamic
  /// All pixels of a layer by one number that the calibration found.
  case fixed = "static"
}

/// What a quantisation may cost and how it is done.
public struct QuantizeOptions: Equatable, Sendable {
  /// How inputs are scaled.
  public var activations: ActivationScaling
  /// By how much the PSNR against a ground truth may fall, in dB, as `PSNRDrop` counts it.
  public var maxDrop: Double
  /// The PSNR against a ground truth that it falls from, in dB; nil for one usual for the task.
  public var typicalPSNR: Double?
  /// Convolutions with fewer channels on a side stay floating-point.
  public var leastChannels: Int
  /// Whether the projections of scans are stored as integers; they are computed as floats.
  public var storesProjections: Bool
  /// Threads that run the network; all processors where it is nil.
  public var threadCount: Int?

  /// Options; the defaults lose at most 0.05 dB.
  public init(
    activations: ActivationScaling = .dynamic, maxDrop: Double = 0.05,
    typicalPSNR: Double? = nil, leastChannels: Int = 8, storesProjections: Bool = true,
    threadCount: Int? = nil
  ) {
    self.activations = activations
    self.maxDrop = maxDrop
    self.typicalPSNR = typicalPSNR
    self.leastChannels = leastChannels
    self.storesProjections = storesProjections
    self.threadCount = threadCount
  }
}

/// By how much an error of known size lowers a PSNR against a ground truth.
///
/// The error counts as independent of the network's own, so mean squares add:
/// `10 log10(1 + m / m0)` dB, with `m0` the network's own mean square error.
public struct PSNRDrop: Equatable, Sendable {
  /// The network's own mean square error, values in [0, 1].
  public let ownMeanSquare: Double

  /// The drop from a PSNR in dB.
  public init(from psnr: Double) { ownMeanSquare = fromDecibels(-psnr) }

  /// PSNR against a ground truth that networks for a task usually reach, in dB.
  ///
  /// 30 for super-resolution (VmambaIR's own test sets: 25.7 to 30.3), 35 for the rest (deraining:
  /// 31.7 to 39.1).
  public static func typicalPSNR(_ task: RestorationTask) -> Double {
    switch task {
    case .superResolution: 30
    case .deraining, .restoration: 35
    }
  }

  /// The drop in dB that an error of this mean square causes.
  public func decibels(meanSquare: Double) -> Double {
    toDecibels(1 + meanSquare / ownMeanSquare)
  }

  /// The mean square of an error that causes this drop in dB.
  public func meanSquare(decibels: Double) -> Double {
    ownMeanSquare * (fromDecibels(decibels) - 1)
  }
}
