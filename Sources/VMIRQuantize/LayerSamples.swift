/// Samples and statistics of a layer's input, collected during calibration.
struct LayerSamples {
  /// Channels that the layer takes.
  let channels: Int
  /// Side of its kernel.
  let kernelSize: Int
  /// Input patches at sampled positions, `[place][tap][channel]`, 0 outside of the picture.
  private(set) var elements: [Float] = []
  /// Places in `elements`.
  private(set) var placeCount = 0
  /// Greatest magnitude of each channel over all pixels.
  private(set) var largest: [Float]
  /// Sum of squares of each channel over all pixels.
  private var squares: [Double]
  private var pixelCount = 0

  init(channels: Int, kernelSize: Int) {
    self.channels = channels
    self.kernelSize = kernelSize
    largest = Array(repeating: 0, count: channels)
    squares = Array(repeating: 0, count: channels)
  }

  /// Floats that one place takes.
  var placeStride: Int { kernelSize * kernelSize * channels }

  /// Mean square of each channel.
  var meanSquares: [Double] { squares.map { $0 / Double(max(pixelCount, 1)) } }

  /// Whether there are samples, all of them finite.
  var isUsable: Bool { placeCount > 0 && squares.allSatisfy { $0.isFinite } }

  /// Greatest magnitude of a channel over that of the median channel.
  var outlierRatio: Float? {
    let sorted = largest.sorted()
    guard let maximum = sorted.last, sorted[sorted.count / 2] > 0 else { return nil }
    let ratio = maximum / sorted[sorted.count / 2]
    return ratio.isFinite ? ratio : nil
  }

  /// Looks at one picture.
  ///
  /// - Parameters:
  ///   - image: `[height, width, stride]`, channels last.
  ///   - height: Pixels.
  ///   - width: Pixels.
  ///   - stride: Floats from one pixel to the next.
  ///   - firstChannel: Where the layer's channels begin in a pixel.
  ///   - places: Places to keep.
  mutating func add(
    _ image: UnsafeBufferPointer<Float>, height: Int, width: Int, stride: Int, firstChannel: Int,
    places: Int
  ) {
    for pixel in 0..<height * width {
      for channel in 0..<channels {
        let value = image[pixel * stride + firstChannel + channel]
        // A NaN stays in the sum of squares.
        largest[channel] = max(largest[channel], abs(value))
        squares[channel] += Double(value) * Double(value)
      }
    }
    pixelCount += height * width
    let margin = kernelSize / 2
    for place in 0..<min(places, height * width) {
      // Multiples of the golden ratio spread evenly, whatever their count.
      let fraction = (Double(placeCount) * 0.618_033_988_749_894_9)
        .truncatingRemainder(dividingBy: 1)
      let pixel =
        places < height * width ? Int(fraction * Double(height * width)) : place
      for dy in -margin...margin {
        for dx in -margin...margin {
          let (y, x) = (pixel / width + dy, pixel % width + dx)
          let isInside = y >= 0 && y < height && x >= 0 && x < width
          for channel in 0..<channels {
            elements.append(
              isInside ? image[(y * width + x) * stride + firstChannel + channel] : 0)
          }
        }
      }
      placeCount += 1
    }
  }
}
