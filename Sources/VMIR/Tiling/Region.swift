/// A rectangle of pixels.
struct Region: Equatable, Sendable {
  let x: Int
  let y: Int
  let width: Int
  let height: Int

  /// The region in the picture enlarged by `scale`.
  func enlarged(by scale: Int) -> Region {
    Region(x: x * scale, y: y * scale, width: width * scale, height: height * scale)
  }
}
