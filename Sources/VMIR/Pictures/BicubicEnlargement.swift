/// Enlarges one plane of samples by a whole number, by cubic convolution.
///
/// Half-pixel centres, samples beyond an edge equal to the edge, kernel with a = -0.5, rounded to
/// nearest even and clamped to the range of the samples. A constant plane stays constant exactly.
///
/// Source: R. Keys, Cubic convolution interpolation for digital image processing, 1981.
struct BicubicEnlargement {
  /// Enlargement, at least 1.
  let scale: Int
  /// For each output position within an input pixel: the first of four inputs, relative to that
  /// pixel, and their weights, whose sum is 1 within `float32`'s rounding.
  private let phases: [(offset: Int, weights: [Float])]

  init(scale: Int) {
    self.scale = scale
    phases = (0..<scale).map { phase in
      let position = (Double(phase) + 0.5) / Double(scale) - 0.5
      let base = position < 0 ? -1 : 0
      let fraction = position - Double(base)
      let distances = [1 + fraction, fraction, 1 - fraction, 2 - fraction]
      return (base - 1, distances.map { Float(BicubicEnlargement.kernel($0)) })
    }
  }

  /// The first of the four inputs that an output position is made of, which may be beyond an edge,
  /// and the weights of all four.
  func taps(_ position: Int) -> (first: Int, weights: [Float]) {
    let (offset, weights) = phases[position % scale]
    return (position / scale + offset, weights)
  }

  /// The enlarged plane, `[height * scale, width * scale]`, whose size the caller has checked.
  ///
  /// - Parameters:
  ///   - samples: `[height, width]`.
  ///   - width: Pixels of a row, at least 1.
  ///   - height: Rows, at least 1.
  /// - Returns: `[height * scale, width * scale]`.
  func plane<Sample: FixedWidthInteger>(
    _ samples: [Sample], width: Int, height: Int
  ) -> [Sample] {
    guard scale > 1 else { return samples }
    let outputWidth = width * scale
    var wide = [Float](repeating: 0, count: height * outputWidth)
    for y in 0..<height {
      for x in 0..<outputWidth {
        let (offset, weights) = phases[x % scale]
        var sum: Float = 0
        for tap in 0..<4 {
          let column = min(max(x / scale + offset + tap, 0), width - 1)
          sum += weights[tap] * Float(samples[y * width + column])
        }
        wide[y * outputWidth + x] = sum
      }
    }
    var result = [Sample](repeating: 0, count: height * scale * outputWidth)
    for y in 0..<height * scale {
      let (first, weights) = taps(y)
      let rows = (first..<first + 4).map { min(max($0, 0), height - 1) * outputWidth }
      for x in 0..<outputWidth {
        var sum: Float = 0
        for tap in 0..<4 { sum += weights[tap] * wide[rows[tap] + x] }
        let rounded = sum.rounded(.toNearestOrEven)
        result[y * outputWidth + x] = Sample(min(max(rounded, 0), Float(Sample.max)))
      }
    }
    return result
  }

  /// Keys' kernel at a distance in [0, 2].
  private static func kernel(_ distance: Double) -> Double {
    let a = -0.5
    let d = distance
    if d < 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
  }
}
