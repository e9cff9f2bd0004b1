import VMIRCore

extension Picture {
  /// The picture that a network made of `source`, with its kind of colour, bit depth and chunks.
  ///
  /// - Each value is clamped to [0, 1], multiplied by 255 (65535 for 16 bits) in `float32` and
  ///   rounded to nearest, ties to even.
  /// - A grey source gives a grey picture: of three channels, after the clamp, the BT.601 luma
  ///   0.299 R + 0.587 G + 0.114 B, which leaves equal channels exactly as they are.
  /// - Alpha is copied for scale 1, else enlarged by cubic convolution (`BicubicEnlargement`);
  ///   constant alpha stays exactly what it was.
  /// - Chunks are kept; the density in `pHYs` is multiplied by `scale`, so that the physical size
  ///   stays. Pixel dimensions inside `eXIf` are not edited.
  ///
  /// - Parameters:
  ///   - restored: `[H * scale, W * scale, 3]`, or with 1 channel for a grey source.
  ///   - source: The picture that went into the network.
  ///   - scale: Enlargement of the network, 1 or more.
  ///   - limits: Of the restored picture.
  /// - Throws: `shapeMismatch`, `notFinite`, `tooManyPixels` beyond `limits`.
  public init(
    restored: FloatImage, like source: Picture, scale: Int, limits: ImageLimits = ImageLimits()
  ) throws(PictureError) {
    try Picture.check(restored, source, scale, limits)
    let samples: PictureSamples =
      switch source.samples {
      case .eightBit(let old):
        .eightBit(Picture.samples(restored, source, old, scale))
      case .sixteenBit(let old):
        .sixteenBit(Picture.samples(restored, source, old, scale))
      }
    guard
      let picture = Picture(
        width: restored.width, height: restored.height, kind: source.kind, samples: samples,
        chunks: source.chunks.map { $0.enlarged(by: scale) }, notes: source.notes)
    else { throw .shapeMismatch(expected: source.shape, found: restored.shape) }
    self = picture
  }

  /// `[H, W, C]`, with alpha.
  public var shape: [Int] { [height, width, kind.channelCount] }

  private static func check(
    _ restored: FloatImage, _ source: Picture, _ scale: Int, _ limits: ImageLimits
  ) throws(PictureError) {
    let channels = source.kind.colourCount == 1 && restored.channels == 1 ? 1 : 3
    guard scale > 0, let width = checkedProduct([source.width, scale]),
      let height = checkedProduct([source.height, scale]), width <= limits.pixelCount / height
    else {
      throw .tooManyPixels(
        width: source.width, height: source.height, limit: limits.pixelCount)
    }
    let expected = [height, width, channels]
    guard restored.shape == expected else {
      throw .shapeMismatch(expected: expected, found: restored.shape)
    }
    if let (x, y, channel) = restored.firstNonFinite {
      throw .notFinite(x: x, y: y, channel: channel)
    }
  }

  private static func samples<Sample: FixedWidthInteger>(
    _ restored: FloatImage, _ source: Picture, _ old: [Sample], _ scale: Int
  ) -> [Sample] {
    let kind = source.kind
    let step = kind.channelCount
    var samples = [Sample](repeating: 0, count: restored.width * restored.height * step)
    for pixel in 0..<restored.width * restored.height {
      let from = pixel * restored.channels
      let to = pixel * step
      if restored.channels == 3 && kind.colourCount == 1 {
        let (r, g, b) = (
          clamped(restored.pixels[from]), clamped(restored.pixels[from + 1]),
          clamped(restored.pixels[from + 2])
        )
        samples[to] = quantized(g + 0.299 * (r - g) + 0.114 * (b - g))
      } else {
        for channel in 0..<kind.colourCount {
          samples[to + channel] = quantized(restored.pixels[from + channel])
        }
      }
    }
    guard kind.hasAlpha else { return samples }
    let alpha = stride(from: step - 1, to: old.count, by: step).map { old[$0] }
    let enlarged = BicubicEnlargement(scale: scale)
      .plane(alpha, width: source.width, height: source.height)
    for pixel in 0..<enlarged.count { samples[pixel * step + step - 1] = enlarged[pixel] }
    return samples
  }
}

private func clamped(_ value: Float) -> Float { min(1, max(0, value)) }

/// A finite value as a sample: clamped to [0, 1], scaled in `float32`, ties to even.
private func quantized<Sample: FixedWidthInteger>(_ value: Float) -> Sample {
  Sample((clamped(value) * Float(Sample.max)).rounded(.toNearestOrEven))
}
