import Foundation
import VMIRImage

/// A ratio of powers in dB.
func toDecibels(_ ratio: Double) -> Double { 10 * log10(ratio) }

/// The ratio of powers that so many dB are.
func fromDecibels(_ decibels: Double) -> Double { pow(10, decibels / 10) }

/// PSNR of an error of this mean square in dB, at most 200.
func psnr(meanSquare: Double) -> Double { min(ImageMetrics.psnr(meanSquare: meanSquare), 200) }

extension Double {
  /// The natural logarithm.
  var logarithm: Double { log(self) }
  /// e to this power.
  var exponential: Double { exp(self) }
}
