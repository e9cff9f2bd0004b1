/// Multiplies the colours of pixels by their alpha, so that resampling weights them by it.
///
/// - Parameters:
///   - row: Pixels whose last channel is alpha.
///   - channels: Numbers of a pixel, at least 1.
///   - largest: The alpha of a pixel that hides all behind it.
package func multiplyByAlpha(
  _ row: UnsafeMutableBufferPointer<Float>, channels: Int, largest: Float
) {
  for pixel in stride(from: 0, to: row.count, by: channels) {
    let alpha = row[pixel + channels - 1] / largest
    for channel in 0..<channels - 1 { row[pixel + channel] *= alpha }
  }
}

/// Divides the colours of pixels by their alpha, which undoes `multiplyByAlpha`; colours of pixels
/// that nobody sees become 0.
///
/// - Parameters: As there.
package func divideByAlpha(
  _ row: UnsafeMutableBufferPointer<Float>, channels: Int, largest: Float
) {
  for pixel in stride(from: 0, to: row.count, by: channels) {
    let alpha = row[pixel + channels - 1] / largest
    for channel in 0..<channels - 1 {
      row[pixel + channel] = alpha > 0 ? row[pixel + channel] / alpha : 0
    }
  }
}
