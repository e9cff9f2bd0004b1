import VMIRCore
import VMIRImage

/// Takes the rows that a network makes to an output, resampled where it has another size.
struct ResultRowTarget {
  private let output: StridedPixels
  private var resizer: FloatRowResizer?
  private var row = 0
  private var sourceRow = 0
  private var values: [Float] = []
  /// A row as the network's picture has it, for samples that are integers.
  private var rounded: [Float] = []
  /// Bytes that this takes; saturates at `Int.max`.
  private(set) var byteCount = 0

  /// A target of rows that are made of `input` by a network of this scale.
  init(_ output: StridedPixels, from input: StridedPixels, scale: Int) {
    self.output = output
    let source = (width: input.width * scale, height: input.height * scale)
    let size = (width: output.width, height: output.height)
    guard source != size else { return }
    resizer = FloatRowResizer(from: source, to: size, channels: output.channels)
    values = Array(repeating: 0, count: output.width * output.channels)
    if output.largest != nil {
      rounded = Array(repeating: 0, count: source.width * output.channels)
    }
    byteCount = FloatRowResizer.byteCount(from: source, to: size, channels: output.channels)
  }

  /// Takes the next row from the top.
  ///
  /// Where samples are integers, what is resampled is clamped and rounded to them first, as
  /// `vmir-run` does it.
  ///
  /// - Throws: `notFinite` for a value that no integer stands for.
  mutating func write(_ row: UnsafeBufferPointer<Float>) throws(PictureError) {
    guard resizer != nil else { return try writeRow(row) }
    if let largest = output.largest {
      for index in rounded.indices {
        guard row[index].isFinite else {
          throw .notFinite(
            x: index / output.channels, y: sourceRow, channel: index % output.channels)
        }
        rounded[index] = (min(max(row[index], 0), 1) * largest).rounded(.toNearestOrEven) / largest
      }
      rounded.withUnsafeBufferPointer { resizer?.add($0) }
    } else {
      resizer?.add(row)
    }
    sourceRow += 1
    while values.withUnsafeMutableBufferPointer({ resizer?.next($0) == true }) {
      let (output, number) = (output, self.row)
      try values.withUnsafeBufferPointer { (values) throws(PictureError) in
        try output.write(row: number, values)
      }
      self.row += 1
    }
  }

  private mutating func writeRow(_ values: UnsafeBufferPointer<Float>) throws(PictureError) {
    try output.write(row: row, values)
    row += 1
  }
}
