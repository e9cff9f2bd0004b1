import Foundation

/// Random numbers as PyTorch gives them on a CPU.
enum TorchNoise {
  /// Standard normal numbers: what `torch.manual_seed(seed)` and `torch.randn(count)` give for a
  /// count that is a multiple of 16, and the first numbers of that for others; within an ulp.
  ///
  /// Source: `normal_fill` of ATen: Box and Muller's transform of uniform numbers of 24 bits, eight
  /// pairs at a time.
  static func normal(seed: UInt32, count: Int) -> [Float] {
    var generator = MersenneTwister(seed: seed)
    let whole = (count + 15) / 16 * 16
    var values = (0..<whole).map { _ in Double(generator.next() & 0xFF_FFFF) / 16_777_216 }
    for first in stride(from: 0, to: whole, by: 16) {
      for index in first..<first + 8 {
        let radius = (-2 * log(1 - values[index])).squareRoot()
        let angle = 2 * Double.pi * values[index + 8]
        values[index] = radius * cos(angle)
        values[index + 8] = radius * sin(angle)
      }
    }
    return values.prefix(count).map { Float($0) }
  }
}

/// The Mersenne Twister MT19937 of Matsumoto and Nishimura (1998).
private struct MersenneTwister {
  private static let count = 624
  private var state: [UInt32]
  private var index = MersenneTwister.count

  init(seed: UInt32) {
    state = [seed]
    for index in 1..<MersenneTwister.count {
      let last = state[index - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
    }
  }

  mutating func next() -> UInt32 {
    if index == MersenneTwister.count { twist() }
    var value = state[index]
    index += 1
    value ^= value >> 11
    value ^= (value << 7) & 0x9D2C_5680
    value ^= (value << 15) & 0xEFC6_0000
    return value ^ (value >> 18)
  }

  private mutating func twist() {
    let count = MersenneTwister.count
    for index in 0..<count {
      let mixed =
        (state[index] & 0x8000_0000) | (state[(index + 1) % count] & 0x7FFF_FFFF)
      let shifted = (mixed >> 1) ^ (mixed & 1 == 0 ? 0 : 0x9908_B0DF)
      state[index] = state[(index + 397) % count] ^ shifted
    }
    index = 0
  }
}
