package import VMIRGraph

/// How activations are scaled to int8.
package enum ActivationScaling: String, Equatable, Sendable, CaseIterable {
  /// Dynamic: each pixel by its own greatest magnitude.
  case dynamic
  /// Static: all pixels of a layer by one calibrated scale.
  case fixed = "static"
}

/// Options of a quantization and its accuracy limit.
package struct QuantizeOptions: Equatable, Sendable {
  /// How inputs are scaled.
  package var activations: ActivationScaling
  /// Limit on the drop of PSNR against a ground truth in dB, as `PSNRDrop` estimates it.
  package var maxDrop: Double
  /// The PSNR against a ground truth that it falls from, in dB; nil for one usual for the task.
  package var typicalPSNR: Double?
  /// Convolutions with fewer channels on a side stay floating-point.
  package var minimumChannels: Int
  /// Whether scan projections are stored as int8 (weight-only quantization).
  package var storesProjections: Bool
  /// Threads that run the network; all processors where it is nil.
  package var threadCount: Int?

  /// Options; the defaults lose at most 0.05 dB.
  package init(
    activations: ActivationScaling = .dynamic, maxDrop: Double = 0.05,
    typicalPSNR: Double? = nil, minimumChannels: Int = 8, storesProjections: Bool = true,
    threadCount: Int? = nil
  ) {
    self.activations = activations
    self.maxDrop = maxDrop
    self.typicalPSNR = typicalPSNR
    self.minimumChannels = minimumChannels
    self.storesProjections = storesProjections
    self.threadCount = threadCount
  }
}

/// By how much an error of known size lowers a PSNR against a ground truth.
///
/// The error counts as independent of the network's own, so mean squares add:
/// `10 log10(1 + m / m0)` dB, with `m0` the network's own mean square error.
package struct PSNRDrop: Equatable, Sendable {
  /// The network's own mean square error, values in [0, 1].
  package let ownMeanSquare: Double

  /// The drop from a PSNR in dB.
  package init(from psnr: Double) { ownMeanSquare = fromDecibels(-psnr) }

  /// PSNR against a ground truth that networks for a task usually reach, in dB.
  ///
  /// 30 for super-resolution (VmambaIR's own test sets: 25.7 to 30.3), 35 for the rest (deraining:
  /// 31.7 to 39.1).
  package static func typicalPSNR(_ task: RestorationTask) -> Double {
    switch task {
    case .superResolution: 30
    case .deraining, .restoration, .classification: 35
    }
  }

  /// The drop in dB that an error of this mean square causes.
  package func decibels(meanSquare: Double) -> Double {
    toDecibels(1 + meanSquare / ownMeanSquare)
  }

  /// The mean square of an error that causes this drop in dB.
  package func meanSquare(decibels: Double) -> Double {
    ownMeanSquare * (fromDecibels(decibels) - 1)
  }
}
