import CVMIRPlatform

/// One channel in `Double`, `[H, W]`.
struct MetricPlane {
  let width: Int
  let height: Int
  let values: [Double]

  /// A channel as it is.
  init(channel: Int, of image: FloatImage) {
    width = image.width
    height = image.height
    values = (0..<image.width * image.height).map {
      Double(image.pixels[$0 * image.channels + channel])
    }
  }

  /// BT.601 studio-swing luma of an image with 1 or 3 channels, `border` pixels cut off all around.
  init(lumaOf image: FloatImage, border: Int) {
    width = image.width - 2 * border
    height = image.height - 2 * border
    let channels = image.channels
    let (green, blue) = channels == 3 ? (1, 2) : (0, 0)
    var values: [Double] = []
    values.reserveCapacity(width * height)
    for y in border..<image.height - border {
      for x in border..<image.width - border {
        let pixel = (y * image.width + x) * channels
        let (r, g, b) = (
          Double(image.pixels[pixel]), Double(image.pixels[pixel + green]),
          Double(image.pixels[pixel + blue])
        )
        values.append((16 + 65.481 * r + 128.553 * g + 24.966 * b) / 255)
      }
    }
    self.values = values
  }
}

/// The window and the constants of structural similarity; see `ImageMetrics.ssim`.
struct StructuralSimilarity {
  private let weights: [Double]
  private let c1 = 0.01 * 0.01
  private let c2 = 0.03 * 0.03

  init() {
    let radius = 5
    let sigma = 1.5
    let bell = (-radius...radius).map { vp_exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let sum = bell.reduce(0, +)
    weights = bell.map { $0 / sum }
  }

  /// Mean over all places of the window in two planes of one size; nil where it does not fit.
  func mean(_ a: MetricPlane, _ b: MetricPlane) -> Double? {
    let taps = weights.count
    guard a.width >= taps, a.height >= taps else { return nil }
    let columns = a.width - taps + 1
    // The last `taps` rows, filtered along x: the five moments of each, row after row.
    var ring = [[Moments]](repeating: [], count: taps)
    var sum = 0.0
    for y in 0..<a.height {
      ring[y % taps] = filteredRow(a, b, y, columns)
      guard y >= taps - 1 else { continue }
      for x in 0..<columns {
        var moments = Moments()
        for tap in 0..<taps {
          moments.add(ring[(y + 1 + tap) % taps][x], weight: weights[tap])
        }
        sum += moments.similarity(c1, c2)
      }
    }
    return sum / Double(columns * (a.height - taps + 1))
  }

  private func filteredRow(
    _ a: MetricPlane, _ b: MetricPlane, _ y: Int, _ columns: Int
  ) -> [Moments] {
    (0..<columns).map { x in
      var moments = Moments()
      for tap in 0..<weights.count {
        let index = y * a.width + x + tap
        moments.add(Moments(a.values[index], b.values[index]), weight: weights[tap])
      }
      return moments
    }
  }
}

/// Weighted means of two signals, of their squares and of their product.
private struct Moments {
  var a = 0.0
  var b = 0.0
  var aa = 0.0
  var bb = 0.0
  var ab = 0.0

  init() {}

  init(_ a: Double, _ b: Double) { (self.a, self.b, aa, bb, ab) = (a, b, a * a, b * b, a * b) }

  mutating func add(_ other: Moments, weight: Double) {
    a += weight * other.a
    b += weight * other.b
    aa += weight * other.aa
    bb += weight * other.bb
    ab += weight * other.ab
  }

  func similarity(_ c1: Double, _ c2: Double) -> Double {
    let (varianceA, varianceB, covariance) = (aa - a * a, bb - b * b, ab - a * b)
    return (2 * a * b + c1) * (2 * covariance + c2)
      / ((a * a + b * b + c1) * (varianceA + varianceB + c2))
  }
}
