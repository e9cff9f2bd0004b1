import VMIRGraph

extension Resample: ReferenceOperator {
  func evaluate<Scalar>(_ operands: [ReferenceTensor<Scalar>]) -> [ReferenceTensor<Scalar>] {
    let x = operands[0]
    let rows = weights(of: x.shape[2], height, Scalar.self)
    let columns = weights(of: x.shape[3], width, Scalar.self)
    var y = ReferenceTensor<Scalar>(zeros: [x.shape[0], x.shape[1], rows.count, columns.count])
    for n in 0..<x.shape[0] {
      for c in 0..<x.shape[1] {
        for (h, row) in rows.enumerated() {
          for (w, column) in columns.enumerated() {
            for (i, down) in row where down != 0 {
              for (j, right) in column { y[n, c, h, w] += down * right * x[n, c, i, j] }
            }
          }
        }
      }
    }
    return [y]
  }

  /// By position of the result: the pixels of a side of `count` that it is made of.
  private func weights<Scalar: ReferenceScalar>(
    of count: Int, _ ratio: [Int], _ type: Scalar.Type
  ) -> [[(index: Int, weight: Scalar)]] {
    let resultCount = count * ratio[0] / ratio[1]
    let scale = Scalar(ratio[0]) / Scalar(ratio[1])
    let reach = isAntialiased ? max(1, Int((1 / scale).rounded(.up))) : 1
    return (0..<resultCount).map { position in
      let x = place(of: Scalar(position), count, resultCount, scale)
      let nearest: Scalar?
      switch mode {
      case .nearestFloor: nearest = x.rounded(.down)
      case .nearestCeil: nearest = x.rounded(.up)
      case .nearestPreferFloor: nearest = (x - Scalar(0.5)).rounded(.up)
      case .nearestPreferCeil: nearest = (x + Scalar(0.5)).rounded(.down)
      case .linear, .cubic: nearest = nil
      }
      if let nearest { return [(min(max(Int(nearest), 0), count - 1), 1)] }
      let first = Int(x.rounded(.down)) - 2 * reach - 1
      var taps: [(index: Int, weight: Scalar)] = []
      var sum: Scalar = 0
      for index in first...(first + 4 * reach + 3) {
        let distance = Swift.abs(Scalar(index) - x)
        let weight = curve(isAntialiased && scale < 1 ? distance * scale : distance)
        if excludesOutside, index < 0 || index >= count { continue }
        taps.append((min(max(index, 0), count - 1), weight))
        sum += weight
      }
      return taps.map { ($0.index, $0.weight / sum) }
    }
  }

  private func place<Scalar: ReferenceScalar>(
    of i: Scalar, _ count: Int, _ resultCount: Int, _ scale: Scalar
  ) -> Scalar {
    let (n, m) = (Scalar(count), Scalar(resultCount))
    let half = Scalar(0.5)
    switch coordinates {
    case .halfPixel: return (i + half) / scale - half
    case .pytorchHalfPixel: return m > 1 ? (i + half) / scale - half : 0
    case .halfPixelSymmetric:
      return n / 2 * (1 - m / (n * scale)) + (i + half) / scale - half
    case .alignCorners: return m > 1 ? i * (n - 1) / (m - 1) : 0
    case .asymmetric: return i / scale
    }
  }

  /// `f` of a distance.
  private func curve<Scalar: ReferenceScalar>(_ t: Scalar) -> Scalar {
    guard mode == .cubic else { return max(1 - t, 0) }
    let a = Scalar(coefficient)
    if t <= 1 { return ((a + 2) * t - (a + 3)) * t * t + 1 }
    return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0
  }
}
