import VMIRImage

/// Colours for the fully transparent pixels of a picture, continued from the visible ones.
///
/// Averages weighted by alpha are taken of ever larger squares, and each square that has too little
/// to see is filled from the larger ones, interpolated. A picture of one visible colour gets that
/// colour everywhere; far from everything visible the colours tend to the average of the picture.
///
/// Source: S. Gortler et al., The Lumigraph, 1996, section 3.4 (pull, splat and push).
struct AlphaFill {
  /// Squares of one size: for each the sums of alpha times colour and of alpha, which is at most 1.
  private struct Level {
    let width: Int
    let height: Int
    var values: [Float]
  }

  private let colorCount: Int
  /// From squares of 2x2 pixels up; filled.
  private var levels: [Level] = []

  /// Spreads the colours of `[height, width, colorCount + 1]` samples, alpha last.
  ///
  /// - Returns: nil where nothing is visible.
  init?<Sample: FixedWidthInteger>(
    _ samples: [Sample], width: Int, height: Int, colorCount: Int
  ) {
    self.colorCount = colorCount
    let channels = colorCount + 1
    let largest = Float(Sample.max)
    levels = [
      AlphaFill.halved(width, height, channels) { x, y, values in
        let pixel = (y * width + x) * channels
        let alpha = Float(samples[pixel + colorCount]) / largest
        guard alpha > 0 else { return }
        for channel in 0..<colorCount {
          values[channel] += alpha * Float(samples[pixel + channel])
        }
        values[colorCount] += alpha
      }
    ]
    while let last = levels.last, last.width > 1 || last.height > 1 {
      levels.append(
        AlphaFill.halved(last.width, last.height, channels) { x, y, values in
          let cell = (y * last.width + x) * channels
          for channel in 0..<channels { values[channel] += last.values[cell + channel] }
        })
    }
    guard let top = levels.last, top.values[colorCount] > 0 else { return nil }
    fill()
  }

  /// A level whose squares are made of up to four of `width` by `height`, which `add` sums up.
  private static func halved(
    _ width: Int, _ height: Int, _ channels: Int,
    add: (Int, Int, UnsafeMutablePointer<Float>) -> Void
  ) -> Level {
    let (halfWidth, halfHeight) = ((width + 1) / 2, (height + 1) / 2)
    var values = [Float](repeating: 0, count: halfWidth * halfHeight * channels)
    values.withUnsafeMutableBufferPointer { values in
      guard let start = values.baseAddress else { return }
      for y in 0..<height {
        for x in 0..<width { add(x, y, start + ((y / 2) * halfWidth + x / 2) * channels) }
      }
      for cell in stride(from: 0, to: values.count, by: channels) {
        let weight = start[cell + channels - 1]
        guard weight > 1 else { continue }
        for channel in 0..<channels { start[cell + channel] /= weight }
      }
    }
    return Level(width: halfWidth, height: halfHeight, values: values)
  }

  /// Makes all squares' weights 1, from the largest squares down.
  private mutating func fill() {
    let channels = colorCount + 1
    for index in levels.indices.reversed() {
      var level = levels[index]
      levels[index].values = []
      for y in 0..<level.height {
        for x in 0..<level.width {
          let cell = (y * level.width + x) * channels
          let weight = level.values[cell + colorCount]
          guard weight < 1 else { continue }
          for channel in 0..<colorCount {
            if index == levels.count - 1 {
              level.values[cell + channel] /= weight
            } else {
              level.values[cell + channel] +=
                (1 - weight) * color(channel, x: x, y: y, from: index + 1)
            }
          }
          level.values[cell + colorCount] = 1
        }
      }
      levels[index] = level
    }
  }

  /// The colour of a pixel, in the range of the samples.
  func color(_ channel: Int, x: Int, y: Int) -> Float { color(channel, x: x, y: y, from: 0) }

  /// The colour of a square, between those of the four nearest squares of a level twice as large.
  private func color(_ channel: Int, x: Int, y: Int, from index: Int) -> Float {
    let level = levels[index]
    func neighbours(_ position: Int, _ side: Int) -> (near: Int, far: Int) {
      let near = position / 2
      let far = position % 2 == 0 ? max(near - 1, 0) : min(near + 1, side - 1)
      return (near, far)
    }
    let (column, otherColumn) = neighbours(x, level.width)
    let (row, otherRow) = neighbours(y, level.height)
    func value(_ column: Int, _ row: Int) -> Float {
      level.values[(row * level.width + column) * (colorCount + 1) + channel]
    }
    let near = 0.75 * value(column, row) + 0.25 * value(otherColumn, row)
    let far = 0.75 * value(column, otherRow) + 0.25 * value(otherColumn, otherRow)
    return 0.75 * near + 0.25 * far
  }
}

extension Picture {
  /// The picture with new colours where alpha is 0, which continue those that can be seen.
  ///
  /// A network's receptive field includes fully transparent pixels, whose colours are arbitrary.
  /// Pictures without alpha, without fully transparent pixels or with nothing else stay as they
  /// are, and so do colours of all other pixels and alpha itself.
  package func fillingTransparentPixels() -> Picture {
    guard kind.hasAlpha else { return self }
    let spread: PictureSamples? =
      switch samples {
      case .eightBit(let samples): spread(samples).map { .eightBit($0) }
      case .sixteenBit(let samples): spread(samples).map { .sixteenBit($0) }
      }
    guard let spread,
      let picture = Picture(
        width: width, height: height, kind: kind, samples: spread, chunks: chunks, notes: notes)
    else { return self }
    return picture
  }

  private func spread<Sample: FixedWidthInteger>(_ samples: [Sample]) -> [Sample]? {
    let (channels, colorCount) = (kind.channelCount, kind.colorCount)
    let alphas = stride(from: colorCount, to: samples.count, by: channels)
    guard alphas.contains(where: { samples[$0] == 0 }),
      let spread = AlphaFill(samples, width: width, height: height, colorCount: colorCount)
    else { return nil }
    var result = samples
    for pixel in 0..<width * height where samples[pixel * channels + colorCount] == 0 {
      for channel in 0..<colorCount {
        let color = spread.color(channel, x: pixel % width, y: pixel / width)
        let rounded = color.rounded(.toNearestOrEven)
        result[pixel * channels + channel] = Sample(min(max(rounded, 0), Float(Sample.max)))
      }
    }
    return result
  }
}
