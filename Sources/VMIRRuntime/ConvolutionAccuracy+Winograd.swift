import VMIRGraph

extension ConvolutionAccuracy {
  /// Outputs on a side of the tiles of a convolution from `c` to `n` channels, where both are at
  /// least `minimum`; nil for none.
  func winogradTile(c: Int, n: Int, minimum: Int) -> Int? {
    guard c >= minimum, n >= minimum else { return nil }
    return switch self {
    case .direct: nil
    case .standard: 2
    case .fast: 4
    }
  }
}

extension PlanOptions {
  /// Channels from which on the transforms of Winograd's convolutions cost less than they save.
  ///
  /// Measured on one core of an AMD EPYC (Zen 4) at 64x64, as rates relative to `direct` in turns in
  /// one process, AVX-512 and AVX2; `vmir-bench --sweep` measures it anywhere:
  ///
  /// | C -> n     | F(2,3)     | F(4,3)     |
  /// |------------|------------|------------|
  /// | 16 -> 16   | 1.28, 1.25 | 1.95, 1.83 |
  /// | 32 -> 32   | 1.72, 1.70 | 2.76, 2.61 |
  /// | 48 -> 96   | 1.82, 1.92 | 2.82, 2.70 |
  /// | 64 -> 64   | 1.83, 1.77 | 2.98, 2.60 |
  /// | 64 -> 32   | 1.85, 1.74 | 3.15, 2.64 |
  /// | 96 -> 384  | 2.33, 2.07 | 3.61, 2.80 |
  ///
  /// At 8x8, where the transformed weights are read for few tiles, 384 -> 768 still has 1.51 and 1.66
  /// with AVX-512.
  package static let minimumWinogradChannels = 16

  /// Bytes of transformed weights that are held.
  ///
  /// F(4,3) makes four of each byte. A network of more weights reads them from memory in every run:
  /// to read the taps and transform them into a cache costs no time then (Real-ESRGAN x4plus at 64x64).
  package static let mostTransformedByteCount = 32 << 20
}
