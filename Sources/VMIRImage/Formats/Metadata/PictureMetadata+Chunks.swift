import CZlib
import VMIRCore

extension PictureMetadata {
  /// What the chunks of a picture say, and notes on those that only PNG has a place for.
  ///
  /// - Parameters:
  ///   - chunks: Of the picture.
  ///   - kind: What a profile must suit.
  ///   - format: Name of the format that is to hold it, for the notes.
  ///   - limits: Of what is unpacked.
  init(
    _ chunks: [PNGChunk], for kind: ColorKind, in format: String,
    limits: ImageLimits = ImageLimits()
  ) {
    var lost: [String] = []
    for chunk in chunks where !chunk.isRecord {
      switch chunk.kind {
      case .iCCP:
        profile = inflated(chunk.data.drop { $0 != 0 }.dropFirst(2), limits)
      case .eXIf: exif = chunk.data
      case .pHYs where chunk.data.count == 9 && chunk.data[8] == 1:
        let numbers = [0, 4].map { chunk.data[$0..<$0 + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        if numbers[0] > 0, numbers[1] > 0 { density = (numbers[0], numbers[1]) }
      case .iTXt where chunk.data.starts(with: PNGChunk.xmpKeyword):
        xmp = PictureMetadata.text(chunk.data, limits)
      case .zTXt where chunk.data.starts(with: PNGChunk.iptcKeyword),
        .tEXt where chunk.data.starts(with: PNGChunk.iptcKeyword):
        iptc = PictureMetadata.records(chunk, limits)
      // What pictures without a profile are taken for.
      case .sRGB: break
      case .gAMA, .cHRM, .cICP, .mDCV, .cLLI, .pHYs, .tEXt, .zTXt, .iTXt:
        if !lost.contains(where: { same($0, chunk.kind.name) }) { lost.append(chunk.kind.name) }
      }
    }
    if let profile, !PictureMetadata.suits(profile, kind) {
      self.profile = nil
      notes.append("the colour profile does not suit a \(kind.name) \(format): left out")
    }
    guard !lost.isEmpty else { return }
    var names = ""
    for name in lost { names += (names.utf8.isEmpty ? "" : ", ") + name }
    notes.append("\(format) has no place for what PNG keeps as \(names): left out")
  }

  /// The text of an `iTXt` chunk.
  private static func text(_ data: [UInt8], _ limits: ImageLimits) -> [UInt8]? {
    let head = data.dropFirst(PNGChunk.xmpKeyword.count)
    guard let isCompressed = head.first, head.count >= 4 else { return nil }
    // Language and translated keyword, each up to a zero.
    let text = head.dropFirst(2).drop { $0 != 0 }.dropFirst().drop { $0 != 0 }.dropFirst()
    return isCompressed == 0 ? Array(text) : inflated(text, limits)
  }

  /// The IPTC records in hexadecimal digits behind two lines, as `PNGChunk.init(iptc:)` writes them;
  /// with or without Photoshop's resource around them.
  private static func records(_ chunk: PNGChunk, _ limits: ImageLimits) -> [UInt8]? {
    let data = chunk.data.dropFirst(PNGChunk.iptcKeyword.count)
    guard
      let text = chunk.kind == .zTXt ? inflated(data.dropFirst(), limits) : Array(data)
    else { return nil }
    let lineFeed = UInt8(ascii: "\n")
    let digits = text.drop { $0 == lineFeed }.drop { $0 != lineFeed }.dropFirst()
      .drop { $0 != lineFeed }.dropFirst()
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits where digit != lineFeed {
      guard let value = hexadecimalValue(digit) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    guard !bytes.isEmpty else { return nil }
    return PhotoshopResources.iptc(in: bytes[...])
      ?? (bytes.first == 0x1C ? bytes : nil)
  }
}

private func hexadecimalValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// What a zlib stream holds; nil where it is damaged or holds more than a chunk may.
private func inflated(_ bytes: ArraySlice<UInt8>, _ limits: ImageLimits) -> [UInt8]? {
  let stream = Array(bytes)
  var capacity = min(max(4 * stream.count, 1 << 12), limits.chunkByteCount)
  while true {
    var content = [UInt8](repeating: 0, count: capacity)
    var count = uLongf(capacity)
    switch uncompress(&content, &count, stream, uLong(stream.count)) {
    case Z_OK: return Array(content.prefix(Int(count)))
    case Z_BUF_ERROR where capacity < limits.chunkByteCount:
      capacity = min(4 * capacity, limits.chunkByteCount)
    default: return nil
    }
  }
}
