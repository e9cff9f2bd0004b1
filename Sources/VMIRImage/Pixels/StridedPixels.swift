import VMIRCore

/// Caller-owned samples in any layout that strides can describe.
///
/// The memory must outlive the value and every source made of it. Safe to use from several threads
/// as far as the memory is.
package struct StridedPixels: Sendable {
  /// Type of a sample.
  package enum Sample: Equatable, Sendable {
    /// 0 ... 1, neither clamped nor rounded where it is written.
    case float32
    /// 0 ... 255.
    case uint8
    /// 0 ... 65535, in the byte order of the machine.
    case uint16

    /// Bytes of a sample.
    package var byteCount: Int {
      switch self {
      case .float32: 4
      case .uint8: 1
      case .uint16: 2
      }
    }
  }

  /// Bytes from one row, pixel and channel to the next; not negative.
  package struct Strides: Equatable, Sendable {
    /// From a row to the next.
    package let row: Int
    /// From a pixel to the next.
    package let pixel: Int
    /// From a channel to the next.
    package let channel: Int

    /// Strides from their parts.
    package init(row: Int, pixel: Int, channel: Int) {
      (self.row, self.pixel, self.channel) = (row, pixel, channel)
    }

    /// Interleaved samples in rows without gaps; nil where a row is too long to count.
    package init?(interleaved sample: Sample, width: Int, channels: Int) {
      guard let pixel = checkedProduct([channels, sample.byteCount]),
        let row = checkedProduct([width, pixel])
      else { return nil }
      self.init(row: row, pixel: pixel, channel: sample.byteCount)
    }
  }

  /// Why shape, strides and memory are inconsistent.
  package enum Fault: Error, Equatable, Sendable {
    /// A side or the number of channels is not positive.
    case shape
    /// A stride is negative.
    case negativeStride
    /// Samples lie beyond the end of the memory, which would have to have so many bytes; nil for
    /// more than can be counted.
    case beyondEnd(needed: Int?)
    /// Two samples would overlap.
    case overlap
  }

  /// Pixels, at least 1.
  package let width: Int
  /// Pixels, at least 1.
  package let height: Int
  /// Samples of a pixel.
  package let channels: Int
  private let sample: Sample
  private let strides: Strides
  // SAFETY: valid for as long as the caller of `init` said.
  nonisolated(unsafe) private let start: UnsafeMutableRawPointer

  /// Pixels in `memory`, whose samples need no alignment.
  ///
  /// - Parameters:
  ///   - memory: Written only by `write`.
  ///   - sample: Type of the samples.
  ///   - shape: Pixels and samples of a pixel.
  ///   - strides: Where they are.
  ///   - isWritten: Whether no two samples may share bytes.
  /// - Throws: What is wrong with the shape or the strides.
  package init(
    _ memory: UnsafeMutableRawBufferPointer, _ sample: Sample,
    shape: (height: Int, width: Int, channels: Int), _ strides: Strides, isWritten: Bool
  ) throws(Fault) {
    guard let start = memory.baseAddress, min(shape.height, shape.width, shape.channels) > 0 else {
      throw .shape
    }
    guard min(strides.row, strides.pixel, strides.channel) >= 0 else { throw .negativeStride }
    let axes = [
      (shape.height, strides.row), (shape.width, strides.pixel), (shape.channels, strides.channel),
    ]
    var needed: Int? = sample.byteCount
    for (count, stride) in axes {
      needed = needed.flatMap { needed in
        checkedProduct([count - 1, stride]).flatMap { checkedSum(needed, $0) }
      }
    }
    guard let needed, needed <= memory.count else { throw .beyondEnd(needed: needed) }
    // From the shortest stride up, each must lead over all that the shorter ones reach.
    var reach = sample.byteCount
    for (count, stride) in axes.sorted(by: { $0.1 < $1.1 }) where isWritten && count > 1 {
      guard stride >= reach else { throw .overlap }
      reach += (count - 1) * stride
    }
    (height, width, channels) = shape
    (self.sample, self.strides, self.start) = (sample, strides, start)
  }

  /// The greatest value of a sample that is an integer; nil for floats.
  package var largest: Float? {
    switch sample {
    case .float32: nil
    case .uint8: 255
    case .uint16: 65535
    }
  }

  /// Reads the channels of a pixel as floats: sample / 255, or sample / 65535.
  func read(x: Int, y: Int, to target: UnsafeMutablePointer<Float>) {
    let pixel = y * strides.row + x * strides.pixel
    for channel in 0..<channels {
      let offset = pixel + channel * strides.channel
      target[channel] =
        switch sample {
        case .float32: start.loadUnaligned(fromByteOffset: offset, as: Float.self)
        case .uint8: Float(start.load(fromByteOffset: offset, as: UInt8.self)) / 255
        case .uint16:
          Float(start.loadUnaligned(fromByteOffset: offset, as: UInt16.self)) / 65535
        }
    }
  }

  /// Reads a row as `read` does its pixels.
  ///
  /// - Parameters:
  ///   - row: Its number from the top.
  ///   - target: Room for `[width, channels]`.
  /// - Precondition: The row and the room fit.
  package func read(row: Int, to target: UnsafeMutableBufferPointer<Float>) {
    precondition(row >= 0 && row < height && target.count == width * channels)
    guard let start = target.baseAddress else { return }
    for x in 0..<width { read(x: x, y: row, to: start + x * channels) }
  }

  /// The first three channels of a pixel, as `read` gives them.
  ///
  /// - Precondition: There are three.
  package func color(x: Int, y: Int) -> (Float, Float, Float) {
    precondition(channels == 3)
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: 3) { values in
      guard let target = values.baseAddress else { return (0, 0, 0) }
      read(x: x, y: y, to: target)
      return (target[0], target[1], target[2])
    }
  }

  /// Writes a row; integers are clamped and rounded as `PictureAssembler` does.
  ///
  /// - Parameters:
  ///   - row: Its number from the top.
  ///   - values: `[width, channels]`.
  /// - Throws: `notFinite` for a value that no integer stands for.
  /// - Precondition: The row and the count of values fit.
  package func write(
    row: Int, _ values: UnsafeBufferPointer<Float>
  ) throws(PictureError) {
    precondition(row >= 0 && row < height && values.count == width * channels)
    for x in 0..<width {
      let pixel = row * strides.row + x * strides.pixel
      for channel in 0..<channels {
        let offset = pixel + channel * strides.channel
        let value = values[x * channels + channel]
        guard sample == .float32 || value.isFinite else {
          throw .notFinite(x: x, y: row, channel: channel)
        }
        switch sample {
        case .float32: start.storeBytes(of: value, toByteOffset: offset, as: Float.self)
        case .uint8: start.storeBytes(of: quantized(value), toByteOffset: offset, as: UInt8.self)
        case .uint16: start.storeBytes(of: quantized(value), toByteOffset: offset, as: UInt16.self)
        }
      }
    }
  }
}
