extension Picture {
  /// The picture without its alpha, as `float32` in [0, 1]: sample / 255, or sample / 65535.
  ///
  /// A grey picture gives three equal channels to a network that takes three, a picture with
  /// colours its brightness, `luma`, to a network that takes one. RGB under transparent alpha is
  /// passed on as it is stored.
  ///
  /// - Parameter channels: Channels that the network takes, 1 or 3.
  /// - Returns: `[H, W, channels]`.
  /// - Throws: `channelsNotAvailable` for any other number.
  package func networkInput(channels: Int = 3) throws(PictureError) -> FloatImage {
    guard channels == 3 || channels == 1 else {
      throw .channelsNotAvailable(wanted: channels, kind: kind)
    }
    let pixels =
      switch samples {
      case .eightBit(let samples): floats(samples, channels: channels)
      case .sixteenBit(let samples): floats(samples, channels: channels)
      }
    return FloatImage(height, width, channels, checked: pixels)
  }

  private func floats<Sample: FixedWidthInteger>(_ samples: [Sample], channels: Int) -> [Float] {
    let count = width * height * channels
    return [Float](unsafeUninitializedCapacity: count) { target, initializedCount in
      if let start = target.baseAddress {
        samples.withUnsafeBufferPointer { samples in
          for pixel in 0..<width * height {
            kind.read(samples, pixel, channels: channels, to: start + pixel * channels)
          }
        }
      }
      initializedCount = count
    }
  }
}

extension ColorKind {
  /// Reads a pixel of interleaved samples as `float32` in [0, 1].
  ///
  /// - Parameters:
  ///   - samples: `channelCount` for each pixel.
  ///   - pixel: Its number.
  ///   - channels: 3, or 1 for grey or `luma`.
  ///   - target: Room for as many values.
  func read<Sample: FixedWidthInteger>(
    _ samples: UnsafeBufferPointer<Sample>, _ pixel: Int, channels: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    let largest = Float(Sample.max)
    let first = pixel * channelCount
    func color(_ index: Int) -> Float { Float(samples[first + index]) / largest }
    if channels == 1 {
      target[0] = colorCount == 1 ? color(0) : luma(color(0), color(1), color(2))
    } else {
      // A grey picture repeats its only colour.
      for channel in 0..<channels { target[channel] = color(colorCount == 1 ? 0 : channel) }
    }
  }
}

/// The brightness of a colour, BT.601's 0.299 R + 0.587 G + 0.114 B as JPEG has it, which leaves
/// grey exactly as it is.
package func luma(_ r: Float, _ g: Float, _ b: Float) -> Float {
  g + 0.299 * (r - g) + 0.114 * (b - g)
}
