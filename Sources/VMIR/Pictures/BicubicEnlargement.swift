/// Enlargement by a whole number, by cubic convolution.
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

  /// Keys' kernel at a distance in [0, 2].
  private static func kernel(_ distance: Double) -> Double {
    let a = -0.5
    let d = distance
    if d < 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
  }
}
