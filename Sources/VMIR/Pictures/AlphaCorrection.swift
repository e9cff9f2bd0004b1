import VMIRImage

/// What enlarging colours weighted by their alpha adds to enlarging them as they are.
///
/// A network enlarges colours alone. Between a pixel that is seen and one that hardly is, its
/// result has the mean of both colours, where the eye must see the first. The correction is the
/// difference of two cubic convolutions, that of alpha times colour divided by that of alpha, and
/// that of the colour; it is 0 wherever alpha is the same in the 4x4 pixels around, so it leaves
/// alone what the network made there, and with cubic convolution as a network the result is that of
/// premultiplied enlargement.
struct AlphaCorrection {
  private let width: Int
  private let height: Int
  private let colorCount: Int
  private let filter: BicubicEnlargement
  /// By row: the alpha of all its pixels, or nil where they differ.
  private let rowAlpha: [Float?]

  /// The correction for a picture's enlargement.
  ///
  /// - Returns: nil where there is nothing to correct: no alpha, or the same everywhere.
  init?(_ picture: Picture, scale: Int) {
    guard picture.kind.hasAlpha, scale > 1 else { return nil }
    (width, height) = (picture.width, picture.height)
    colorCount = picture.kind.colorCount
    filter = BicubicEnlargement(scale: scale)
    rowAlpha =
      switch picture.samples {
      case .eightBit(let samples): AlphaCorrection.rowAlpha(samples, picture)
      case .sixteenBit(let samples): AlphaCorrection.rowAlpha(samples, picture)
      }
    guard rowAlpha.contains(where: { $0 == nil || $0 != rowAlpha[0] }) else { return nil }
  }

  private static func rowAlpha<Sample: FixedWidthInteger>(
    _ samples: [Sample], _ picture: Picture
  ) -> [Float?] {
    let channels = picture.kind.channelCount
    return (0..<picture.height).map { y in
      let first = y * picture.width * channels + channels - 1
      let others = stride(from: first, to: first + picture.width * channels, by: channels)
      return others.allSatisfy { samples[$0] == samples[first] } ? Float(samples[first]) : nil
    }
  }

  /// The correction of one row of the result.
  ///
  /// - Parameters:
  ///   - y: Row of the result.
  ///   - samples: Of the picture, `[height, width, colorCount + 1]`.
  /// - Returns: `[width * scale, colorCount]`, where samples count from 0 to 1; nil where all is 0.
  func row<Sample: FixedWidthInteger>(_ y: Int, _ samples: [Sample]) -> [Float]? {
    let (firstRow, rowWeights) = filter.taps(y)
    let rows = (firstRow..<firstRow + 4).map { min(max($0, 0), height - 1) }
    guard rows.contains(where: { rowAlpha[$0] == nil || rowAlpha[$0] != rowAlpha[rows[0]] }) else {
      return nil
    }
    let alphas = columnAlpha(rows, samples)
    let largest = Float(Sample.max)
    var correction = [Float](repeating: 0, count: width * filter.scale * colorCount)
    for x in 0..<width * filter.scale {
      let (firstColumn, columnWeights) = filter.taps(x)
      func column(_ tap: Int) -> Int { min(max(firstColumn + tap, 0), width - 1) }
      let alpha = alphas[column(0)]
      guard
        alpha == nil || alpha != alphas[column(1)] || alpha != alphas[column(2)]
          || alpha != alphas[column(3)]
      else { continue }
      for color in 0..<colorCount {
        var sums = AlphaSums()
        for tap in 0..<16 {
          let pixel = (rows[tap / 4] * width + column(tap % 4)) * (colorCount + 1)
          sums.add(
            Float(samples[pixel + color]), alpha: Float(samples[pixel + colorCount]),
            weight: rowWeights[tap / 4] * columnWeights[tap % 4])
        }
        correction[x * colorCount + color] = sums.correction / largest
      }
    }
    return correction
  }

  /// By column: the alpha of its pixels in four rows, or nil where they differ.
  private func columnAlpha<Sample: FixedWidthInteger>(
    _ rows: [Int], _ samples: [Sample]
  ) -> [Sample?] {
    let channels = colorCount + 1
    return (0..<width).map { x in
      let alpha = samples[(rows[0] * width + x) * channels + colorCount]
      for row in rows.dropFirst() {
        guard samples[(row * width + x) * channels + colorCount] == alpha else { return nil }
      }
      return alpha
    }
  }
}

/// One colour of the pixels around a place, summed up with the weights of a filter.
private struct AlphaSums {
  private var color: Float = 0
  private var alpha: Float = 0
  private var product: Float = 0
  private var visible: ClosedRange<Float>?

  mutating func add(_ value: Float, alpha: Float, weight: Float) {
    color += weight * value
    self.alpha += weight * alpha
    product += weight * alpha * value
    guard alpha > 0 else { return }
    visible = min(visible?.lowerBound ?? value, value)...max(visible?.upperBound ?? value, value)
  }

  /// The colour weighted by alpha, within the colours that can be seen, less the colour; 0 where
  /// the result is fully transparent.
  var correction: Float {
    guard let visible, alpha >= 0.5 else { return 0 }
    return min(max(product / alpha, visible.lowerBound), visible.upperBound) - color
  }
}
