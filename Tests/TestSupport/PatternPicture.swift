import Testing
package import VMIRImage

/// A picture whose samples follow a pattern.
package func patternPicture(
  _ width: Int, _ height: Int, _ kind: ColorKind, bits: Int, chunks: [PNGChunk] = []
) throws -> Picture {
  let count = width * height * kind.channelCount
  let samples: PictureSamples =
    bits == 8
    ? .eightBit((0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + $0 / 7 * 11) })
    : .sixteenBit((0..<count).map { UInt16(truncatingIfNeeded: $0 * 4057 + $0 / 5 * 301) })
  return try #require(
    Picture(width: width, height: height, kind: kind, samples: samples, chunks: chunks))
}
