/// The rows or columns of an image that one of a resampled image is made of.
package struct ResampleTaps: Equatable, Sendable {
  /// Rows or columns of the input, in order, none twice.
  package var indices: [Int]
  /// Their weights, which sum to 1.
  package var weights: [Double]

  /// Bytes that it usually takes, its two lists' headers counted.
  package static let usualByteCount = 200
}

extension Resample {
  /// Pixels that a side which is resized, or that it becomes, may have; a picture has no more, and
  /// each takes memory for its taps.
  package static let sideLimit = 1 << 20

  /// What the rows or columns of the result are made of.
  ///
  /// - Parameters:
  ///   - scale: Scale of this side, which may differ from the quotient of the counts.
  ///   - count: Pixels of the input's side, at least 1.
  ///   - resultCount: Pixels of the result's side.
  /// - Returns: The taps of each row or column, in order.
  package func taps(scale: Double, from count: Int, to resultCount: Int) -> [ResampleTaps] {
    (0..<resultCount).map { index in
      let place = place(of: index, scale, count, resultCount)
      switch mode {
      case .nearestFloor: return only(place.rounded(.down), count)
      case .nearestCeil: return only(place.rounded(.up), count)
      case .nearestPreferFloor: return only((place - 0.5).rounded(.up), count)
      case .nearestPreferCeil: return only((place + 0.5).rounded(.down), count)
      case .linear, .cubic: return interpolated(place, scale, count)
      }
    }
  }

  private func place(of index: Int, _ scale: Double, _ count: Int, _ resultCount: Int) -> Double {
    let i = Double(index)
    let centre = (i + 0.5) / scale - 0.5
    switch coordinates {
    case .halfPixel: return centre
    case .pytorchHalfPixel: return resultCount > 1 ? centre : 0
    case .halfPixelSymmetric:
      let half = Double(count) / 2
      return half - half * Double(resultCount) / (Double(count) * scale) + centre
    case .alignCorners:
      return resultCount > 1 ? i * Double(count - 1) / Double(resultCount - 1) : 0
    case .asymmetric: return i / scale
    }
  }

  private func only(_ index: Double, _ count: Int) -> ResampleTaps {
    ResampleTaps(indices: [Int(min(max(index, 0), Double(count - 1)))], weights: [1])
  }

  private func interpolated(_ place: Double, _ scale: Double, _ count: Int) -> ResampleTaps {
    let squeeze = isAntialiased ? min(scale, 1) : 1
    let reach = (mode == .cubic ? 2 : 1) / squeeze
    let (first, last) = (Int((place - reach).rounded(.down)), Int((place + reach).rounded(.up)))
    var taps = ResampleTaps(indices: [], weights: [])
    var sum = 0.0
    for index in first...last {
      let weight = curve(abs(Double(index) - place) * squeeze)
      if weight == 0 || excludesOutside && (index < 0 || index >= count) { continue }
      // Those outside are added to the outermost.
      let inside = min(max(index, 0), count - 1)
      sum += weight
      if taps.indices.last == inside {
        taps.weights[taps.weights.count - 1] += weight
      } else {
        taps.indices.append(inside)
        taps.weights.append(weight)
      }
    }
    guard sum != 0 else { return only(place.rounded(), count) }
    for index in taps.weights.indices { taps.weights[index] /= sum }
    return taps
  }

  private func curve(_ distance: Double) -> Double {
    guard mode == .cubic else { return max(1 - distance, 0) }
    let a = Double(coefficient)
    if distance <= 1 { return 1 - distance * distance * (a + 3 - (a + 2) * distance) }
    return distance < 2 ? a * (distance * distance * (distance - 5) + 8 * distance - 4) : 0
  }
}
