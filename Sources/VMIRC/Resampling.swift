import VMIR
import VMIRCore
import VMIRImage
import VMIRRuntime

/// Resamples a picture to the sides of another of as many channels.
///
/// - Parameters:
///   - input: The picture.
///   - output: Where the result goes.
///   - hasAlpha: Whether the last channel is alpha, which weights the others and is clamped to
///     [0, 1].
/// - Throws: `picture` for a number that no integer of the output stands for, `memory`.
func resample(
  _ input: StridedPixels, to output: StridedPixels, hasAlpha: Bool
) throws(RestoreError) {
  let channels = input.channels
  let (source, size) = ((input.width, input.height), (output.width, output.height))
  let byteCount = byteTotal([
    [FloatRowResizer.byteCount(from: source, to: size, channels: channels)],
    [input.width, channels, MemoryLayout<Float>.size],
    [output.width, channels, MemoryLayout<Float>.size],
  ])
  let available = MemoryBudget.available(heldByteCount: 0)
  guard byteCount <= available else { throw .memory(needed: byteCount, available: available) }
  var resizer = FloatRowResizer(from: source, to: size, channels: channels)
  var line = [Float](repeating: 0, count: input.width * channels)
  var result = [Float](repeating: 0, count: output.width * channels)
  var row = 0
  for y in 0..<input.height {
    line.withUnsafeMutableBufferPointer { line in
      input.read(row: y, to: line)
      if hasAlpha { multiplyByAlpha(line, channels: channels, largest: 1) }
    }
    line.withUnsafeBufferPointer { resizer.add($0) }
    while result.withUnsafeMutableBufferPointer({ resizer.next($0) }) {
      if hasAlpha {
        result.withUnsafeMutableBufferPointer { finishAlpha($0, channels: channels) }
      }
      do throws(PictureError) {
        try result.withUnsafeBufferPointer { (result) throws(PictureError) in
          try output.write(row: row, result)
        }
      } catch {
        throw .picture(
          Diagnostic(
            "the resampled picture has a value that is not a finite number",
            at: error.diagnostic.place, .invalidInput))
      }
      row += 1
    }
  }
}

/// Gives colours that are weighted by alpha back what they were, and clamps alpha.
private func finishAlpha(_ row: UnsafeMutableBufferPointer<Float>, channels: Int) {
  divideByAlpha(row, channels: channels, largest: 1)
  for index in stride(from: channels - 1, to: row.count, by: channels) {
    row[index] = min(max(row[index], 0), 1)
  }
}
