import VMIRImage

/// A synthetic calibration image: multi-octave noise with discs of plain colours.
struct SyntheticImage {
  let seed: UInt64

  /// Values in [0, 1]; nil unless the extents are positive.
  func image(height: Int, width: Int, channels: Int) -> FloatImage? {
    var places = SplitMix64(seed: seed)
    var planes: [[Float]] = []
    let light = SyntheticImage.clouds(height, width, &places)
    for _ in 0..<channels {
      let tint = SyntheticImage.clouds(height, width, &places)
      planes.append(zip(light, tint).map { 0.5 + $0 + 0.3 * $1 })
    }
    for _ in 0..<6 {
      let (x, y) = (places.next(below: width), places.next(below: height))
      let radius = 3 + places.next(below: max(min(height, width) / 3, 1))
      let colors = (0..<channels).map { _ in places.fraction() }
      for row in max(y - radius, 0)..<min(y + radius, height) {
        for column in max(x - radius, 0)..<min(x + radius, width)
        where (row - y) * (row - y) + (column - x) * (column - x) < radius * radius {
          for channel in 0..<channels {
            let pixel = row * width + column
            planes[channel][pixel] = 0.3 * planes[channel][pixel] + 0.7 * colors[channel]
          }
        }
      }
    }
    var pixels: [Float] = []
    for pixel in 0..<height * width {
      for channel in 0..<channels { pixels.append(min(max(planes[channel][pixel], 0), 1)) }
    }
    return FloatImage(height: height, width: width, channels: channels, pixels: pixels)
  }

  /// Octaves of interpolated noise, each of half the size and half the strength of the one before.
  private static func clouds(
    _ height: Int, _ width: Int, _ places: inout SplitMix64
  ) -> [Float] {
    var plane = [Float](repeating: 0, count: height * width)
    var (cell, strength): (Int, Float) = (32, 0.4)
    while cell >= 1 {
      let columns = width / cell + 2
      let grid = (0..<(height / cell + 2) * columns).map { _ in places.fraction() - 0.5 }
      for row in 0..<height {
        for column in 0..<width {
          let corner = row / cell * columns + column / cell
          let down = Float(row % cell) / Float(cell)
          let right = Float(column % cell) / Float(cell)
          let top = grid[corner] + right * (grid[corner + 1] - grid[corner])
          let bottom =
            grid[corner + columns]
            + right * (grid[corner + columns + 1] - grid[corner + columns])
          plane[row * width + column] += strength * (top + down * (bottom - top))
        }
      }
      (cell, strength) = (cell / 2, strength / 2)
    }
    return plane
  }
}
