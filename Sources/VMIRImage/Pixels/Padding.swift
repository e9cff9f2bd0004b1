import VMIRCore

/// Padding on the right and at the bottom to a multiple of the network's size.
///
/// By reflection as `torch.nn.functional.pad(image, (0, right, 0, bottom), mode="reflect")`: position
/// `i` beyond the last, `side - 1`, takes the pixel at `2 * (side - 1) - i`; the edge itself is not
/// repeated. PyTorch refuses to add `side` pixels or more. Here the `side - 1` pixels that can be
/// reflected are, and the last of them, which is the pixel at position 0, is repeated for the rest:
/// position `i` takes the pixel at `max(0, 2 * (side - 1) - i)`. Corners follow from both axes at
/// once. `EdgeMode` has the other ways.
package struct Padding: Equatable, Sendable {
  /// Pixels of the image before it is padded.
  package let width: Int
  /// Pixels of the image before it is padded.
  package let height: Int
  /// Pixels added on the right.
  package let right: Int
  /// Pixels added at the bottom.
  package let bottom: Int
  /// What they are.
  package let mode: EdgeMode

  /// The least padding that makes both sides multiples of `multiple`.
  ///
  /// - Throws: `tooManyPixels` where the padded image would exceed `limits`, `shapeMismatch` where
  ///   a side or the multiple is not positive.
  package init(
    width: Int, height: Int, multiple: Int, mode: EdgeMode = .reflect,
    limits: ImageLimits = ImageLimits()
  ) throws(PictureError) {
    guard width > 0, height > 0, multiple > 0 else {
      throw .shapeMismatch(expected: [1, 1], found: [height, width])
    }
    guard let paddedWidth = mode.paddedSide(width, multiple: multiple),
      let paddedHeight = mode.paddedSide(height, multiple: multiple),
      paddedWidth <= limits.pixelCount / paddedHeight
    else { throw .tooManyPixels(width: width, height: height, limit: limits.pixelCount) }
    self.width = width
    self.height = height
    self.mode = mode
    right = paddedWidth - width
    bottom = paddedHeight - height
  }

  /// `image` with the padding, `[height + bottom, width + right, C]`.
  ///
  /// - Throws: `shapeMismatch` where the image has other sides than the padding was made for.
  package func apply(to image: FloatImage) throws(PictureError) -> FloatImage {
    let channels = image.channels
    guard image.width == width, image.height == height else {
      throw .shapeMismatch(expected: [height, width, channels], found: image.shape)
    }
    guard right > 0 || bottom > 0 else { return image }
    var pixels: [Float] = []
    pixels.reserveCapacity((height + bottom) * (width + right) * channels)
    let black = Array(repeating: Float(0), count: channels)
    for y in 0..<height + bottom {
      for x in 0..<width + right {
        guard let column = mode.source(of: x, side: width),
          let row = mode.source(of: y, side: height)
        else {
          pixels += black
          continue
        }
        let pixel = (row * width + column) * channels
        pixels += image.pixels[pixel..<pixel + channels]
      }
    }
    return FloatImage(height + bottom, width + right, channels, checked: pixels)
  }

  /// The part of a network's output that belongs to the image.
  ///
  /// Of shape `[height * scale, width * scale, C]`.
  ///
  /// - Throws: `shapeMismatch` unless `output` is `scale` times the padded image.
  package func crop(_ output: FloatImage, scale: Int) throws(PictureError) -> FloatImage {
    let channels = output.channels
    let (fullWidth, overflowX) = (width + right).multipliedReportingOverflow(by: scale)
    let (fullHeight, overflowY) = (height + bottom).multipliedReportingOverflow(by: scale)
    guard !overflowX, !overflowY, output.width == fullWidth, output.height == fullHeight else {
      throw .shapeMismatch(
        expected: [overflowY ? 0 : fullHeight, overflowX ? 0 : fullWidth, channels],
        found: output.shape)
    }
    guard right > 0 || bottom > 0 else { return output }
    var pixels: [Float] = []
    pixels.reserveCapacity(height * scale * width * scale * channels)
    for y in 0..<height * scale {
      let row = y * fullWidth * channels
      pixels += output.pixels[row..<row + width * scale * channels]
    }
    return FloatImage(height * scale, width * scale, channels, checked: pixels)
  }
}
