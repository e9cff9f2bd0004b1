/// What a file that is not a PNG looks like from its first bytes.
public enum SniffedFormat: Equatable, Sendable {
  case jpeg
  case jpegXL
  case jpeg2000
  case webP
  case gif
  case bmp
  case tiff
  case heif
  case photoshop
  case png
  case html
  case gitLFSPointer
  case zip
  case gzip
  case npy
  case unknown

  /// The format of a file that starts with `bytes`.
  public init(_ bytes: UnsafeRawBufferPointer) {
    for (format, offset, magic) in SniffedFormat.magics
    where bytes.count >= offset + magic.count && bytes[offset...].starts(with: magic) {
      self = format
      return
    }
    let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF]
    let text = bytes.prefix(512).drop { blanks.contains($0) }
    self = text.first == UInt8(ascii: "<") ? .html : .unknown
  }

  /// Whether it holds a picture, so that it can be converted to PNG.
  public var isPicture: Bool {
    switch self {
    case .jpeg, .jpegXL, .jpeg2000, .webP, .gif, .bmp, .tiff, .heif, .photoshop, .png: true
    case .html, .gitLFSPointer, .zip, .gzip, .npy, .unknown: false
    }
  }

  /// With its article: `a JPEG picture`.
  var name: String {
    switch self {
    case .jpeg: "a JPEG picture"
    case .jpegXL: "a JPEG XL picture"
    case .jpeg2000: "a JPEG 2000 picture"
    case .webP: "a WebP picture"
    case .gif: "a GIF picture"
    case .bmp: "a BMP picture"
    case .tiff: "a TIFF picture"
    case .heif: "a HEIF or AVIF picture"
    case .photoshop: "a Photoshop picture"
    case .png: "a PNG picture"
    case .html: "an HTML or XML page"
    case .gitLFSPointer: "a git-LFS pointer, which git lfs pull replaces by the file"
    case .zip: "a zip archive"
    case .gzip: "a gzip file"
    case .npy: "a NumPy array"
    case .unknown: "an unknown kind of file"
    }
  }

  private static let magics: [(SniffedFormat, Int, [UInt8])] = [
    (.jpeg, 0, [0xFF, 0xD8, 0xFF]),
    (.jpegXL, 0, [0xFF, 0x0A]),
    (.jpegXL, 4, Array("JXL ".utf8)),
    (.jpeg2000, 4, Array("jP  ".utf8)),
    (.webP, 8, Array("WEBP".utf8)),
    (.gif, 0, Array("GIF8".utf8)),
    (.bmp, 0, Array("BM".utf8)),
    (.tiff, 0, [0x49, 0x49, 0x2A, 0x00]),
    (.tiff, 0, [0x4D, 0x4D, 0x00, 0x2A]),
    (.heif, 4, Array("ftyp".utf8)),
    (.photoshop, 0, Array("8BPS".utf8)),
    (.png, 0, [0x89, 0x50, 0x4E, 0x47]),
    (.gitLFSPointer, 0, Array("version https://git-lfs".utf8)),
    (.zip, 0, [0x50, 0x4B, 0x03, 0x04]),
    (.gzip, 0, [0x1F, 0x8B]),
    (.npy, 0, [0x93] + Array("NUMPY".utf8)),
  ]
}
