/// How dense 3x3 convolutions may be computed, from the most exact on.
package enum ConvolutionAccuracy: Equatable, Sendable, CaseIterable {
  /// Nine products and sums for each output.
  case direct
  /// Winograd's F(2,3) where it is faster: 2.25 times fewer products, as exact as `direct`.
  case standard
  /// Winograd's F(4,3) where it is faster: 4 times fewer products, about ten times the rounding
  /// error of `direct`.
  case fast

  /// Outputs on a side of the tiles of a convolution from `c` to `n` channels; nil for none.
  ///
  /// Measured on one core of an AMD EPYC (Zen 4) at 64x64, as rates relative to `direct` in turns in
  /// one process, AVX-512 and AVX2:
  ///
  /// | C -> n   | F(2,3)     | F(4,3)     |
  /// |----------|------------|------------|
  /// | 16 -> 16 | 1.27, 1.24 | 1.95, 1.79 |
  /// | 32 -> 32 | 1.75, 1.67 | 2.7, 2.5   |
  /// | 48 -> 96 | 1.93, 1.94 | 3.0, 2.7   |
  /// | 64 -> 64 | 1.98, 1.9  | 2.96, 2.8  |
  /// | 64 -> 32 | 1.89, 1.79 | 2.8, 2.6   |
  ///
  /// Below 16 channels the transforms cost more than they save.
  func winogradTile(c: Int, n: Int) -> Int? {
    guard c >= 16, n >= 16 else { return nil }
    return switch self {
    case .direct: nil
    case .standard: 2
    case .fast: 4
    }
  }
}
