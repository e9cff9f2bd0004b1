extension Picture {
  /// The picture without its alpha, as `float32` in [0, 1]: sample / 255, or sample / 65535.
  ///
  /// A grey picture gives three equal channels to a network that takes three. RGB under
  /// transparent alpha is passed on as it is stored.
  ///
  /// - Parameter channels: Channels that the network takes, 1 (grey pictures only) or 3.
  /// - Returns: `[H, W, channels]`.
  /// - Throws: `channelsNotAvailable` for any other number, and for 1 where there are colours.
  package func networkInput(channels: Int = 3) throws(PictureError) -> FloatImage {
    guard channels == 3 || channels == kind.colorCount else {
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
    let step = kind.channelCount
    // A grey picture repeats its only colour.
    let colorStep = kind.colorCount == 1 ? 0 : 1
    let largest = Float(Sample.max)
    let count = width * height * channels
    return [Float](unsafeUninitializedCapacity: count) { target, initializedCount in
      samples.withUnsafeBufferPointer { samples in
        for pixel in 0..<width * height {
          for channel in 0..<channels {
            let sample = samples[pixel * step + channel * colorStep]
            target.initializeElement(at: pixel * channels + channel, to: Float(sample) / largest)
          }
        }
      }
      initializedCount = count
    }
  }
}
