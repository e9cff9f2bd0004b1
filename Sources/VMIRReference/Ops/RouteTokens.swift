import Foundation
import VMIRGraph

extension RouteTokens: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let input = operands[0]
    let (count, height, width) = (input.shape[1], input.shape[2], input.shape[3])
    var result = ReferenceTensor<Scalar>(zeros: [input.shape[0], 1, height, width])
    for n in 0..<input.shape[0] {
      for h in 0..<height {
        for w in 0..<width {
          var (best, greatest) = (0, -Double.infinity)
          for token in 0..<count {
            let logit =
              Double(input[n, token, h, w]) + noise(place: (h * width + w) * count + token)
            if logit > greatest { (best, greatest) = (token, logit) }
          }
          result[n, 0, h, w] = Scalar(Double(best))
        }
      }
    }
    return [result]
  }

  private func noise(place: Int) -> Double {
    guard let seed else { return 0 }
    let step: UInt64 = 0x9E37_79B9_7F4A_7C15
    let start = mixed(UInt64(seed) &+ UInt64(stream ?? 0) &* step)
    let bits = mixed(start &+ UInt64(place) &* step)
    return -log(-log((Double(bits >> 11) + 0.5) * 0x1p-53))
  }

  /// The finalizer of SplitMix64.
  private func mixed(_ bits: UInt64) -> UInt64 {
    var z = bits
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
