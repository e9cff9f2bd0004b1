import VMIRCore

/// Resource limits for reading a `.npy` file; checked before memory is allocated.
package struct NpyLimits: Equatable, Sendable {
  /// Bytes of the header's text.
  package var headerByteCount = 1 << 16
  /// Dimensions of the array.
  package var dimensionCount = 32
  /// Elements of the array.
  package var elementCount = 1 << 31

  /// The documented defaults: 64 KiB of header, 32 dimensions, 2^31 elements.
  package init() {}
}

/// A NumPy array of real numbers, as `float32` in row-major (C) order.
package struct NpyArray: Equatable, Sendable {
  /// Extents, outermost first; empty for a scalar.
  package let shape: [Int]
  /// The elements, the last axis fastest.
  package let values: [Float]

  /// An array over values that are already there; nil unless their count fits the shape.
  package init?(shape: [Int], values: [Float]) {
    guard checkedProduct(shape) == values.count else { return nil }
    self.init(checked: shape, values)
  }

  init(checked shape: [Int], _ values: [Float]) {
    self.shape = shape
    self.values = values
  }
}

extension NpyArray {
  /// An image as an array `[1, C, H, W]`.
  package init(_ image: FloatImage) {
    let (height, width, channels) = (image.height, image.width, image.channels)
    var values = [Float](repeating: 0, count: image.pixels.count)
    for channel in 0..<channels {
      for pixel in 0..<height * width {
        values[channel * height * width + pixel] = image.pixels[pixel * channels + channel]
      }
    }
    self.init(checked: [1, channels, height, width], values)
  }
}

extension NpyArray {
  /// Size of the image in a `.npy` file, from its header alone.
  ///
  /// - Throws: As `decode` and `FloatImage.init(_:)` of an array.
  package static func imageShape(
    _ bytes: [UInt8], limits: NpyLimits = NpyLimits()
  ) throws(NpyError) -> (channels: Int, height: Int, width: Int) {
    let result: Result<[Int], NpyError> = bytes.withUnsafeBytes { raw in
      do throws(NpyError) {
        return .success(try header(raw, limits: limits).header.shape)
      } catch {
        return .failure(error)
      }
    }
    let shape = try result.get()
    guard shape.count == 4, shape[0] == 1, !shape.contains(0) else {
      throw .notAnImage(shape: shape)
    }
    return (shape[1], shape[2], shape[3])
  }
}

extension FloatImage {
  /// The image in an array `[1, C, H, W]`; values are taken as they are.
  ///
  /// - Throws: `notAnImage` for another number of dimensions, a batch, or an extent of 0.
  package init(_ array: NpyArray) throws(NpyError) {
    let shape = array.shape
    guard shape.count == 4, shape[0] == 1, !shape.contains(0) else {
      throw .notAnImage(shape: shape)
    }
    let (channels, height, width) = (shape[1], shape[2], shape[3])
    var pixels = [Float](repeating: 0, count: array.values.count)
    for channel in 0..<channels {
      for pixel in 0..<height * width {
        pixels[pixel * channels + channel] = array.values[channel * height * width + pixel]
      }
    }
    self.init(height, width, channels, checked: pixels)
  }
}
