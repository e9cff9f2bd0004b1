/// SplitMix64, a deterministic pseudo-random number generator.
struct SplitMix64 {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x2545_F491_4F6C_DD1D }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from 0 up to `count`, without it; `count` is positive.
  mutating func next(below count: Int) -> Int { Int(next() % UInt64(count)) }

  /// A number from 0 to 1.
  mutating func fraction() -> Float { Float(next() >> 40) / Float(1 << 24) }
}
