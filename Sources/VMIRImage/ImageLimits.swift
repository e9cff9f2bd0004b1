/// Resource limits for reading a picture; checked before memory is allocated.
public struct ImageLimits: Equatable, Sendable {
  /// Pixels of the longer side.
  public var sideLength = 1 << 20
  /// Pixels of the picture.
  public var pixelCount = 1 << 28
  /// Bytes of one chunk other than the pixels, as of a colour profile; a longer one is left out
  /// with a note.
  public var chunkByteCount = 16 << 20
  /// Chunks that are kept; the rest is left out with a note.
  public var chunkCount = 512
  /// Scans of a progressive JPEG; each costs time for the whole picture.
  public var scanCount = 200

  /// The documented defaults: 2^20 a side, 2^28 pixels, 16 MiB a chunk, 512 chunks, 200 scans.
  public init() {}

  /// Checks the sides of a picture before its memory is taken.
  ///
  /// - Throws: `sideTooLong`, `tooManyPixels`.
  func check(width: Int, height: Int) throws(PictureError) {
    guard max(width, height) <= sideLength else {
      throw .sideTooLong(width: width, height: height, limit: sideLength)
    }
    guard width > 0, height > 0, width <= pixelCount / height else {
      throw .tooManyPixels(width: width, height: height, limit: pixelCount)
    }
  }
}
