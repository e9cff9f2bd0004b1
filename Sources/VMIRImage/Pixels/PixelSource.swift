/// A picture or array converted to network input line by line.
package struct PixelSource: Sendable {
  private enum Content: Sendable {
    case picture(Picture)
    case image(FloatImage)
    case strided(StridedPixels)
    case brightness(StridedPixels)
    case stacked([PixelSource])
  }

  /// Pixels, at least 1.
  package let width: Int
  /// Pixels, at least 1.
  package let height: Int
  /// Channels of each pixel.
  package let channels: Int
  /// What lies beyond the right and the lower edge.
  package var edge = EdgeMode.reflect
  private let content: Content

  /// The pixels of a picture as `Picture.networkInput(channels:)` makes them.
  ///
  /// - Throws: `channelsNotAvailable`.
  package init(_ picture: Picture, channels: Int) throws(PictureError) {
    guard channels == 3 || channels == 1 else {
      throw .channelsNotAvailable(wanted: channels, kind: picture.kind)
    }
    (width, height, self.channels) = (picture.width, picture.height, channels)
    content = .picture(picture)
  }

  /// The pixels of an image as they are.
  package init(_ image: FloatImage) {
    (width, height, channels) = (image.width, image.height, image.channels)
    content = .image(image)
  }

  /// The pixels of memory that outlives the source.
  package init(_ pixels: StridedPixels) {
    (width, height, channels) = (pixels.width, pixels.height, pixels.channels)
    content = .strided(pixels)
  }

  /// The brightness, `luma`, of the pixels of memory that outlives the source.
  ///
  /// - Precondition: They have three channels: red, green and blue.
  package init(brightnessOf pixels: StridedPixels) {
    (width, height, channels) = (pixels.width, pixels.height, 1)
    content = .brightness(pixels)
  }

  /// The channels of several pictures of one size, one picture's after the other's.
  ///
  /// - Throws: `shapeMismatch` where a picture has another size than the first.
  /// - Precondition: There is a picture.
  package init(stacking sources: [PixelSource]) throws(PictureError) {
    let first = sources[0]
    for source in sources where source.width != first.width || source.height != first.height {
      throw .shapeMismatch(
        expected: [first.height, first.width, source.channels],
        found: [source.height, source.width, source.channels])
    }
    (width, height) = (first.width, first.height)
    channels = sources.reduce(0) { $0 + $1.channels }
    content = .stacked(sources)
  }

  /// Writes `line.count` pixels to `target`; those beyond an edge are as `edge` says.
  ///
  /// - Parameters:
  ///   - line: Positions at or right of 0 and at or below 0.
  ///   - target: Room for `line.count * channels` values.
  package func copy(_ line: PixelLine, to target: UnsafeMutablePointer<Float>) {
    if edge == .zero { target.update(repeating: 0, count: line.count * channels) }
    switch content {
    case .image(let image):
      image.pixels.withUnsafeBufferPointer { pixels in
        forEachPixel(line) { x, y, position in
          let pixel = y * width + x
          for channel in 0..<channels {
            target[position * channels + channel] = pixels[pixel * channels + channel]
          }
        }
      }
    case .strided(let pixels):
      forEachPixel(line) { x, y, position in
        pixels.read(x: x, y: y, to: target + position * channels)
      }
    case .brightness(let pixels):
      forEachPixel(line) { x, y, position in
        let (red, green, blue) = pixels.color(x: x, y: y)
        target[position] = luma(red, green, blue)
      }
    case .stacked(let sources):
      var offset = 0
      for source in sources {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: line.count * source.channels) {
          guard let part = $0.baseAddress else { return }
          source.copy(line, to: part)
          for position in 0..<line.count {
            for channel in 0..<source.channels {
              target[position * channels + offset + channel] =
                part[position * source.channels + channel]
            }
          }
        }
        offset += source.channels
      }
    case .picture(let picture):
      switch picture.samples {
      case .eightBit(let samples): copy(samples, picture.kind, line, to: target)
      case .sixteenBit(let samples): copy(samples, picture.kind, line, to: target)
      }
    }
  }

  private func copy<Sample: FixedWidthInteger>(
    _ samples: [Sample], _ kind: ColorKind, _ line: PixelLine,
    to target: UnsafeMutablePointer<Float>
  ) {
    samples.withUnsafeBufferPointer { samples in
      forEachPixel(line) { x, y, position in
        kind.read(
          samples, y * width + x, channels: channels, to: target + position * channels)
      }
    }
  }

  private func forEachPixel(_ line: PixelLine, _ body: (Int, Int, Int) -> Void) {
    for position in 0..<line.count {
      guard let x = edge.source(of: line.x + position * line.stepX, side: width),
        let y = edge.source(of: line.y + position * line.stepY, side: height)
      else { continue }
      body(x, y, position)
    }
  }
}

/// Pixels one after another along a row or a column, in either direction.
package struct PixelLine: Equatable, Sendable {
  /// The first pixel.
  package var x: Int
  /// The first pixel.
  package var y: Int
  /// From one pixel to the next: one of both is 1 or -1, the other 0.
  package var stepX: Int
  /// From one pixel to the next.
  package var stepY: Int
  /// Pixels.
  package var count: Int

  /// A line from its parts.
  package init(x: Int, y: Int, stepX: Int, stepY: Int, count: Int) {
    (self.x, self.y, self.stepX, self.stepY, self.count) = (x, y, stepX, stepY, count)
  }
}
