/// What a file looks like from its first bytes, whether or not anything here reads it.
public enum FileKind: Equatable, Sendable, CaseIterable {
  case png, jpeg, jpegXL, jpeg2000, webP, gif, bmp, tiff, heif, photoshop
  case html, gitLFSPointer, zip, gzip, xz, bzip2, zstd, sevenZip, rar, npy, hdf5, gguf
  case unknown

  /// The kind of a file that starts with `bytes`; 512 of them are enough.
  public init(_ bytes: UnsafeRawBufferPointer) {
    for (kind, offset, signature) in FileKind.signatures
    where bytes.count >= offset + signature.count && bytes[offset...].starts(with: signature) {
      self = kind
      return
    }
    let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0xEF, 0xBB, 0xBF]
    let text = bytes.prefix(512).drop { blanks.contains($0) }
    if text.starts(with: "version https://git-lfs".utf8) {
      self = .gitLFSPointer
    } else {
      self = text.first == UInt8(ascii: "<") ? .html : .unknown
    }
  }

  /// Whether it holds a picture.
  public var isPicture: Bool {
    switch self {
    case .png, .jpeg, .jpegXL, .jpeg2000, .webP, .gif, .bmp, .tiff, .heif, .photoshop: true
    case .html, .gitLFSPointer, .zip, .gzip, .xz, .bzip2, .zstd, .sevenZip, .rar, .npy, .hdf5,
      .gguf, .unknown:
      false
    }
  }

  /// With its article: `a JPEG picture`.
  public var name: String {
    switch self {
    case .png: "a PNG picture"
    case .jpeg: "a JPEG picture"
    case .jpegXL: "a JPEG XL picture"
    case .jpeg2000: "a JPEG 2000 picture"
    case .webP: "a WebP picture"
    case .gif: "a GIF picture"
    case .bmp: "a BMP picture"
    case .tiff: "a TIFF picture"
    case .heif: "a HEIF or AVIF picture"
    case .photoshop: "a Photoshop picture"
    case .html: "an HTML or XML page"
    case .gitLFSPointer: "a git-LFS pointer, which git lfs pull replaces by the file"
    case .zip: "a zip archive"
    case .gzip: "a gzip file"
    case .xz: "an xz file"
    case .bzip2: "a bzip2 file"
    case .zstd: "a zstd file"
    case .sevenZip: "a 7z archive"
    case .rar: "a RAR archive"
    case .npy: "a NumPy array"
    case .hdf5: "an HDF5 file"
    case .gguf: "a GGUF file"
    case .unknown: "an unknown kind of file"
    }
  }

  /// Bytes that files of a kind have at an offset; no file fits two kinds.
  package static let signatures: [(kind: FileKind, offset: Int, bytes: [UInt8])] = [
    (.png, 0, [0x89, 0x50, 0x4E, 0x47]),
    (.jpeg, 0, [0xFF, 0xD8, 0xFF]),
    (.jpegXL, 0, [0xFF, 0x0A]),
    (.jpegXL, 4, Array("JXL ".utf8)),
    (.jpeg2000, 4, Array("jP  ".utf8)),
    (.webP, 8, Array("WEBP".utf8)),
    (.gif, 0, Array("GIF8".utf8)),
    (.bzip2, 0, Array("BZh".utf8)),
    (.bmp, 0, Array("BM".utf8)),
    (.tiff, 0, [0x49, 0x49, 0x2A, 0x00]),
    (.tiff, 0, [0x4D, 0x4D, 0x00, 0x2A]),
    (.heif, 4, Array("ftyp".utf8)),
    (.photoshop, 0, Array("8BPS".utf8)),
    (.zip, 0, [0x50, 0x4B, 0x03, 0x04]),
    (.gzip, 0, [0x1F, 0x8B]),
    (.xz, 0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
    (.zstd, 0, [0x28, 0xB5, 0x2F, 0xFD]),
    (.sevenZip, 0, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
    (.rar, 0, Array("Rar!".utf8)),
    (.npy, 0, [0x93] + Array("NUMPY".utf8)),
    (.hdf5, 0, [0x89] + Array("HDF".utf8)),
    (.gguf, 0, Array("GGUF".utf8)),
  ]
}
