import CVMIRKernels
import TestSupport
import Testing
import VMIRReference

/// Rows of floats in the layout of the kernels, with a canary in every float around and between.
final class GuardedRows {
  /// Value of the canaries; a NaN, so that reading one shows too.
  private static let canary: UInt32 = 0x7FC0_DEAD
  private static let margin = 80

  let rows: Int
  let channels: Int
  let stride: Int
  private let memory: UnsafeMutableBufferPointer<Float>
  private let first: Int

  /// Rows that are not yet written: canaries everywhere.
  ///
  /// - Parameters:
  ///   - rows: How many rows.
  ///   - channels: Floats in a row.
  ///   - spare: Floats between rows.
  ///   - shift: Floats by which the first row misses an address that is a multiple of 64.
  init(_ rows: Int, _ channels: Int, spare: Int = 3, shift: Int = 1) {
    self.rows = rows
    self.channels = channels
    stride = channels + spare
    first = GuardedRows.margin + shift
    let count = first + rows * stride + GuardedRows.margin
    let raw = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
    memory = UnsafeMutableBufferPointer(
      start: raw.bindMemory(to: Float.self, capacity: count), count: count)
    memory.initialize(repeating: Float(bitPattern: GuardedRows.canary))
  }

  /// Rows with these values, in order.
  convenience init(
    _ rows: Int, _ channels: Int, _ values: [Float], spare: Int = 3, shift: Int = 1
  ) {
    self.init(rows, channels, spare: spare, shift: shift)
    for row in 0..<rows {
      for channel in 0..<channels {
        memory[first + row * stride + channel] = values[row * channels + channel]
      }
    }
  }

  /// One row with these values.
  convenience init(_ values: [Float], shift: Int = 1) {
    self.init(1, values.count, values, shift: shift)
  }

  deinit {
    UnsafeMutableRawPointer(memory.baseAddress)?.deallocate()
  }

  /// Address of the first row.
  var pointer: UnsafeMutablePointer<Float> { row(0) }

  /// Address of a row.
  func row(_ index: Int) -> UnsafeMutablePointer<Float> {
    guard let base = memory.baseAddress else { preconditionFailure("allocated in init") }
    return base + first + index * stride
  }

  /// The values, row after row.
  var values: [Float] {
    (0..<rows).flatMap { row in
      (0..<channels).map { memory[first + row * stride + $0] }
    }
  }

  /// Whether every float outside the rows still has its canary.
  var isIntact: Bool {
    memory.indices.allSatisfy { index in
      let offset = index - first
      let inside = offset >= 0 && offset < rows * stride && offset % stride < channels
      return inside || memory[index].bitPattern == GuardedRows.canary
    }
  }

  /// The rows as an image `[1, C, H, W]` in double.
  func image(height: Int, width: Int) -> ReferenceTensor<Double> {
    GuardedRows.image(values, height: height, width: width, channels: channels)
  }

  /// Pixels `[H W][C]` as an image `[1, C, H, W]`.
  static func image(
    _ values: [Float], height: Int, width: Int, channels: Int
  ) -> ReferenceTensor<Double> {
    var result = ReferenceTensor<Double>(zeros: [1, channels, height, width])
    for pixel in 0..<height * width {
      for c in 0..<channels {
        result.elements[c * height * width + pixel] = Double(values[pixel * channels + c])
      }
    }
    return result
  }
}

extension ReferenceTensor<Double> {
  /// An image `[1, C, H, W]` as pixels `[H W][C]`.
  var pixels: [Double] {
    let pixelCount = shape[2] * shape[3]
    return (0..<pixelCount).flatMap { pixel in
      (0..<shape[1]).map { elements[$0 * pixelCount + pixel] }
    }
  }

  /// Floats as a tensor in double.
  init(_ shape: [Int], _ values: [Float]) {
    self.init(shape: shape, elements: values.map { Double($0) })
  }
}
