import VMIRCore

extension PictureFormat {
  /// Bitmaps of Windows and OS/2, as they are or in runs; not written.
  static let bmp: PictureFormat = PictureFormat(
    name: "BMP", extensions: [".bmp", ".dib"], kind: .bmp,
    reader: PictureReader(
      header: { (bytes, limits) throws(PictureError) in
        let bmp = try BMPPixels(bytes, limits)
        return PictureHeader(
          width: bmp.header.width, height: bmp.header.height, kind: bmp.kind, bitDepth: 8,
          decodingByteCount: bmp.header.hasRuns ? bmp.header.width * bmp.header.height : 0)
      },
      decode: { (bytes, limits) throws(PictureError) in
        try BMPPixels(bytes, limits).picture()
      }),
    encoder: nil)
}

/// Makes a picture of a BMP file.
///
/// A palette of greys alone makes a grey picture; 16 and 32 bits a pixel are scaled to 8 bits a
/// sample; there is alpha where the header has a mask for it.
struct BMPPixels {
  let header: BMPHeader
  /// Which channels there are.
  let kind: ColorKind
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits) throws(PictureError) {
    header = try BMPHeader(bytes, limits)
    self.bytes = bytes
    let isGrey =
      header.bitCount <= 8 && header.palette.allSatisfy { $0[0] == $0[1] && $0[1] == $0[2] }
    kind = isGrey ? .grey : header.masks[3] != 0 && header.bitCount > 8 ? .rgba : .rgb
  }

  /// The picture.
  ///
  /// - Throws: `corrupt`.
  func picture() throws(PictureError) -> Picture {
    let step = kind.channelCount
    var samples = [UInt8](repeating: 0, count: header.width * header.height * step)
    if header.hasRuns {
      try copyRuns(to: &samples)
    } else {
      try copyRows(to: &samples)
    }
    var metadata = PictureMetadata()
    metadata.density = header.density
    metadata.profile = header.profile.map { [UInt8](bytes[$0]) }
    let (chunks, notes) = metadata.chunks(for: kind, .upright)
    return try Picture(
      .bmp, (header.width, header.height), kind, .eightBit(samples), chunks, notes, offset: 18)
  }

  private func copyRuns(to samples: inout [UInt8]) throws(PictureError) {
    let (width, step) = (header.width, kind.channelCount)
    let indices = try BMPRuns(bytes, header).indices()
    for y in 0..<header.height {
      let row = header.isTopDown ? y : header.height - 1 - y
      for x in 0..<width {
        let color = try color(Int(indices[row * width + x]), row: y)
        let target = (y * width + x) * step
        for channel in 0..<step { samples[target + channel] = color[channel] }
      }
    }
  }

  private func copyRows(to samples: inout [UInt8]) throws(PictureError) {
    let step = kind.channelCount
    for y in 0..<header.height {
      let row = header.isTopDown ? y : header.height - 1 - y
      let start = header.pixelOffset + row * header.rowByteCount
      let line = UnsafeRawBufferPointer(rebasing: bytes[start..<start + header.rowByteCount])
      let target = y * header.width * step
      switch header.bitCount {
      case 16, 32: copyMasked(line, to: &samples, target)
      case 24:
        for x in 0..<header.width {
          for channel in 0..<3 { samples[target + 3 * x + channel] = line[3 * x + 2 - channel] }
        }
      default: try copyIndexed(line, row: y, to: &samples, target)
      }
    }
  }

  /// A colour of the palette.
  private func color(_ index: Int, row: Int) throws(PictureError) -> [UInt8] {
    guard index < header.palette.count else {
      throw .corrupt(
        format: PictureFormat.bmp.name, reason: "a pixel's colour is not in the palette",
        offset: 0, row: row)
    }
    return header.palette[index]
  }

  private func copyIndexed(
    _ line: UnsafeRawBufferPointer, row: Int, to samples: inout [UInt8], _ target: Int
  ) throws(PictureError) {
    let (bits, step) = (header.bitCount, kind.channelCount)
    for x in 0..<header.width {
      let position = x * bits
      let index = Int(line[position / 8]) >> (8 - bits - position % 8) & (1 << bits - 1)
      let color = try color(index, row: row)
      for channel in 0..<step { samples[target + step * x + channel] = color[channel] }
    }
  }

  private func copyMasked(
    _ line: UnsafeRawBufferPointer, to samples: inout [UInt8], _ target: Int
  ) {
    let (size, step) = (header.bitCount / 8, kind.channelCount)
    let masks = header.masks.map { ChannelMask($0) }
    for x in 0..<header.width {
      var pixel: UInt32 = 0
      for byte in (0..<size).reversed() { pixel = pixel << 8 | UInt32(line[x * size + byte]) }
      for channel in 0..<step {
        samples[target + step * x + channel] = masks[channel].sample(pixel)
      }
    }
  }
}

/// The bits of one channel in a pixel.
private struct ChannelMask {
  private let mask: UInt32
  private let shift: UInt32
  /// The highest value of the channel, 0 where it has no bits.
  private let most: UInt64

  init(_ mask: UInt32) {
    self.mask = mask
    shift = mask == 0 ? 0 : UInt32(mask.trailingZeroBitCount)
    most = UInt64(mask >> shift)
  }

  /// The channel of a pixel, scaled to 8 bits.
  func sample(_ pixel: UInt32) -> UInt8 {
    guard most > 0 else { return 0 }
    let value = UInt64((pixel & mask) >> shift)
    return UInt8(truncatingIfNeeded: (value * 255 + most / 2) / most)
  }
}
