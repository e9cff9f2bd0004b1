import CZlib
import VMIRCore

/// What a picture's file says beside its pixels, in the forms that several formats share.
///
/// A `Picture` keeps all of it as the chunks that PNG has for it; readers of other formats make
/// chunks of it, and their writers read it back from the chunks.
struct PictureMetadata {
  /// An ICC profile.
  var profile: [UInt8]?
  /// The TIFF structure of EXIF.
  var exif: [UInt8]?
  /// An XMP packet.
  var xmp: [UInt8]?
  /// IPTC records (IIM).
  var iptc: [UInt8]?
  /// Pixels per metre.
  var density: (x: UInt32, y: UInt32)?
  /// Warnings: what was dropped.
  var notes: [String] = []

  /// Nothing.
  init() {}

  /// The chunks of a PNG file that say the same, and what was left out.
  ///
  /// - Parameters:
  ///   - kind: Of the picture, which decides which profiles suit it.
  ///   - orientation: Of the pixels as they were stored; they are upright now.
  /// - Returns: The chunks, and notes on what was left out.
  func chunks(
    for kind: ColorKind, _ orientation: EXIFOrientation
  ) -> (chunks: [PNGChunk], notes: [String]) {
    var chunks: [PNGChunk] = []
    var notes = notes
    if let profile {
      if let chunk = PNGChunk(profile: profile, for: kind) {
        chunks.append(chunk)
      } else {
        notes.append("the colour profile does not suit the picture: left out")
      }
    }
    if let density {
      let (x, y) = orientation.isTransposed ? (density.y, density.x) : (density.x, density.y)
      chunks.append(PNGChunk(.pHYs, bigEndianBytes(x) + bigEndianBytes(y) + [1]))
    }
    if let exif {
      if EXIFOrientation(exif) != nil {
        chunks.append(PNGChunk(.eXIf, orientation.madeUpright(exif)))
      } else {
        notes.append("the EXIF data is malformed: left out")
      }
    }
    if let xmp { chunks.append(PNGChunk(xmp: xmp)) }
    if let iptc, let chunk = PNGChunk(iptc: iptc) { chunks.append(chunk) }
    return (chunks, notes)
  }
}

// MARK: Chunks

extension PNGChunk {
  static let xmpKeyword = Array("XML:com.adobe.xmp".utf8) + [0]
  static let iptcKeyword = Array("Raw profile type iptc".utf8) + [0]

  /// An `iCCP` chunk of an ICC profile; nil where the profile is none for pictures of this kind.
  fileprivate init?(profile: [UInt8], for kind: ColorKind) {
    guard PictureMetadata.suits(profile, kind), let compressed = deflated(profile) else {
      return nil
    }
    // A name, its end, and the only method that there is.
    self.init(.iCCP, Array("ICC profile".utf8) + [0, 0] + compressed)
  }

  /// An `iTXt` chunk of an XMP packet, as the XMP specification, part 3, has it: not compressed,
  /// without language and translated keyword.
  fileprivate init(xmp: [UInt8]) {
    self.init(.iTXt, PNGChunk.xmpKeyword + [0, 0, 0, 0] + xmp)
  }

  /// A `zTXt` chunk of IPTC records: a resource of Photoshop in hexadecimal digits, as ImageMagick,
  /// ExifTool and Exiv2 keep them.
  fileprivate init?(iptc: [UInt8]) {
    let resource = PhotoshopResources.resource(iptc)
    let digits = Array("0123456789abcdef".utf8)
    let count = Array("\(resource.count)".utf8)
    var text = Array("\niptc\n".utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: max(0, 8 - count.count)) + count
    for (index, byte) in resource.enumerated() {
      if index % 36 == 0 { text.append(UInt8(ascii: "\n")) }
      text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    guard let compressed = deflated(text + [UInt8(ascii: "\n")]) else { return nil }
    self.init(.zTXt, PNGChunk.iptcKeyword + [0] + compressed)
  }
}

extension PictureMetadata {
  /// Whether an ICC profile is one for pictures of a kind.
  static func suits(_ profile: [UInt8], _ kind: ColorKind) -> Bool {
    let headerByteCount = 128
    let colorSpace = kind.colorCount == 1 ? "GRAY" : "RGB "
    return profile.count >= headerByteCount && profile[36..<40].elementsEqual("acsp".utf8)
      && profile[16..<20].elementsEqual(colorSpace.utf8)
  }
}

/// Bytes as a zlib stream; nil without memory.
private func deflated(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
  var count = compressBound(uLong(bytes.count))
  var compressed = [UInt8](repeating: 0, count: Int(count))
  guard compress2(&compressed, &count, bytes, uLong(bytes.count), 9) == Z_OK else { return nil }
  return compressed.prefix(Int(count))
}

// MARK: Photoshop's resources

/// The blocks that Photoshop keeps beside a picture; of them only IPTC records are taken.
///
/// Source: Adobe Photoshop File Formats Specification, image resource blocks.
enum PhotoshopResources {
  private static let signature = Array("8BIM".utf8)
  private static let iptcNumber = 0x0404

  /// The IPTC records in resource blocks; nil where there are none.
  static func iptc(in bytes: ArraySlice<UInt8>) -> [UInt8]? {
    var rest = bytes
    while rest.count >= 12, rest.starts(with: signature) {
      rest = rest.dropFirst(signature.count)
      let number = bigEndian(rest.prefix(2))
      // A name with its length, filled up to an even count.
      let nameCount = Int(rest[rest.startIndex + 2]) + 1
      rest = rest.dropFirst(2 + nameCount + nameCount % 2)
      guard rest.count >= 4 else { return nil }
      let count = bigEndian(rest.prefix(4))
      rest = rest.dropFirst(4)
      guard count <= rest.count else { return nil }
      if number == iptcNumber { return count > 0 ? Array(rest.prefix(count)) : nil }
      rest = rest.dropFirst(count + count % 2)
    }
    return nil
  }

  /// A resource block of IPTC records.
  static func resource(_ iptc: [UInt8]) -> [UInt8] {
    signature + [0x04, 0x04, 0, 0] + bigEndianBytes(UInt32(clamping: iptc.count)) + iptc
      + (iptc.count % 2 == 0 ? [] : [0])
  }

  private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 << 8 | Int($1) }
  }
}
