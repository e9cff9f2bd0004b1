import Foundation

/// Element type in which the reference computes; `Float` for the network's own rounding, `Double`
/// for the true value.
package protocol ReferenceScalar: BinaryFloatingPoint, Sendable {
  /// e^x.
  static func exp(_ x: Self) -> Self
  /// log(1 + x), accurate near 0.
  static func log1p(_ x: Self) -> Self
  /// The error function.
  static func erf(_ x: Self) -> Self
}

extension Float: ReferenceScalar {
  package static func exp(_ x: Float) -> Float { Foundation.exp(x) }
  package static func log1p(_ x: Float) -> Float { Foundation.log1p(x) }
  package static func erf(_ x: Float) -> Float { Foundation.erf(x) }
}

extension Double: ReferenceScalar {
  package static func exp(_ x: Double) -> Double { Foundation.exp(x) }
  package static func log1p(_ x: Double) -> Double { Foundation.log1p(x) }
  package static func erf(_ x: Double) -> Double { Foundation.erf(x) }
}
