/// Which channels a picture has; the raw value is their count.
public enum ColorKind: Int, Equatable, Sendable, CaseIterable {
  case grey = 1
  case greyAlpha = 2
  case rgb = 3
  case rgba = 4

  /// Interleaved samples of a pixel.
  public var channelCount: Int { rawValue }

  /// Whether the last channel is opacity.
  public var hasAlpha: Bool {
    switch self {
    case .greyAlpha, .rgba: true
    case .grey, .rgb: false
    }
  }

  /// Channels without the alpha: 1 or 3.
  public var colorCount: Int { hasAlpha ? channelCount - 1 : channelCount }

  /// `grey`, `grey+alpha`, `RGB` or `RGBA`.
  public var name: String {
    switch self {
    case .grey: "grey"
    case .greyAlpha: "grey+alpha"
    case .rgb: "RGB"
    case .rgba: "RGBA"
    }
  }
}

/// Samples of a picture, interleaved, rows from the top without gaps: `[H, W, C]`.
public enum PictureSamples: Equatable, Sendable {
  /// 0 ... 255.
  case eightBit([UInt8])
  /// 0 ... 65535.
  case sixteenBit([UInt16])

  /// Number of samples, `H * W * C`.
  public var count: Int {
    switch self {
    case .eightBit(let samples): samples.count
    case .sixteenBit(let samples): samples.count
    }
  }

  /// 8 or 16.
  public var bitDepth: Int {
    switch self {
    case .eightBit: 8
    case .sixteenBit: 16
    }
  }
}

/// A decoded picture with the metadata chunks to keep; it may come from a PNG or a JPEG file.
///
/// Files with 1, 2 or 4 bits a sample become 8-bit, a palette becomes RGB or RGBA, and a colour key
/// becomes real alpha.
public struct Picture: Equatable, Sendable {
  /// Pixels, at least 1.
  public let width: Int
  /// Pixels, at least 1.
  public let height: Int
  /// Which channels there are.
  public let kind: ColorKind
  /// `height * width * kind.channelCount` samples.
  public let samples: PictureSamples
  /// Ancillary chunks, in the order of the file.
  public let chunks: [PNGChunk]
  /// Warnings from reading the file: what was dropped or looked wrong.
  public let notes: [String]

  /// A picture from its parts; nil unless the sides are in `1 ..< 2^31` and the samples fit them.
  public init?(
    width: Int, height: Int, kind: ColorKind, samples: PictureSamples, chunks: [PNGChunk] = [],
    notes: [String] = []
  ) {
    let sides = 1..<(1 << 31)
    guard sides.contains(width), sides.contains(height) else { return nil }
    let (pixelCount, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, samples.count / kind.channelCount == pixelCount,
      samples.count % kind.channelCount == 0
    else { return nil }
    self.width = width
    self.height = height
    self.kind = kind
    self.samples = samples
    self.chunks = chunks
    self.notes = notes
  }

  /// A picture that a reader of a format made.
  ///
  /// - Throws: `corrupt` at an offset in the file where the samples do not fit the sides.
  init(
    _ format: PictureFormat, _ sides: (width: Int, height: Int), _ kind: ColorKind,
    _ samples: PictureSamples, _ chunks: [PNGChunk], _ notes: [String], offset: Int = 0
  ) throws(PictureError) {
    guard
      let picture = Picture(
        width: sides.width, height: sides.height, kind: kind, samples: samples, chunks: chunks,
        notes: notes)
    else {
      throw .corrupt(
        format: format.name, reason: "the picture has no pixels", offset: offset, row: nil)
    }
    self = picture
  }

  /// `[H, W, C]`, with alpha.
  public var shape: [Int] { [height, width, kind.channelCount] }
}

/// Size and form of a picture, known before its pixels are read.
public struct PictureHeader: Equatable, Sendable {
  /// Pixels, at least 1.
  public let width: Int
  /// Pixels, at least 1.
  public let height: Int
  /// Which channels there are.
  public let kind: ColorKind
  /// Bits of a sample, 8 or 16.
  public let bitDepth: Int
  /// Bytes that reading takes besides the file and the samples.
  public let decodingByteCount: Int

  /// Bytes that the samples take in memory.
  public var sampleByteCount: Int { width * height * kind.channelCount * (bitDepth / 8) }
}
