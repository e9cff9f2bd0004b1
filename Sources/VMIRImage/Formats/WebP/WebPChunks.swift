import VMIRCore

/// The chunks of a WebP file, a RIFF container.
///
/// Source: RFC 9649. Whatever is malformed ends the reading: the pixels' decoder judges the
/// structure.
struct WebPChunks {
  /// Names and places of the contents, in order.
  private(set) var chunks: [(name: UInt32, content: Range<Int>)] = []

  /// Chunks that are looked at.
  private static let countLimit = 1024

  static let (extended, profile, exif, xmp): (UInt32, UInt32, UInt32, UInt32) =
    (0x5650_3858, 0x4943_4350, 0x4558_4946, 0x584D_5020)
  /// A picture with losses, one without, and alpha beside one with losses: `VP8 `, `VP8L`, `ALPH`.
  static let (lossy, lossless, alpha): (UInt32, UInt32, UInt32) =
    (0x5650_3820, 0x5650_384C, 0x414C_5048)
  /// `vmir`: the record of how the picture was made.
  static let record: UInt32 = 0x766D_6972

  /// Reads the chunks of a file that starts with `RIFF`, a length and `WEBP`.
  init(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 12 else { return }
    func number(_ offset: Int) -> Int {
      bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    let end = min(bytes.count, 8 + number(4))
    var offset = 12
    while offset <= end - 8, chunks.count < WebPChunks.countLimit {
      let count = number(offset + 4)
      guard count <= end - offset - 8 else { return }
      let name = bytes[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      chunks.append((name, offset + 8..<offset + 8 + count))
      offset += 8 + count + count % 2
    }
  }

  /// Where the content of the first chunk with a name is.
  func content(_ name: UInt32) -> Range<Int>? { chunks.first { $0.name == name }?.content }

  /// A chunk as a file has it.
  static func chunk(_ name: UInt32, _ content: [UInt8]) -> [UInt8] {
    bigEndianBytes(name) + littleEndianBytes(UInt64(content.count), 4) + content
      + (content.count % 2 == 0 ? [] : [0])
  }

  // MARK: Metadata

  /// The metadata of a file; EXIF tells the density.
  func metadata(_ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits) -> PictureMetadata {
    var metadata = PictureMetadata()
    func content(_ name: UInt32, _ what: String) -> [UInt8]? {
      guard let range = self.content(name), !range.isEmpty else { return nil }
      guard range.count <= limits.chunkByteCount else {
        metadata.notes.append("the \(what) is too long: left out")
        return nil
      }
      return [UInt8](bytes[range])
    }
    metadata.profile = content(WebPChunks.profile, "colour profile")
    metadata.xmp = content(WebPChunks.xmp, "XMP data")
    metadata.exif = content(WebPChunks.exif, "EXIF data").map { exif in
      // As JPEG has it, which the specification does not ask for.
      let name = Array("Exif\0\0".utf8)
      return exif.starts(with: name) ? Array(exif.dropFirst(name.count)) : exif
    }
    metadata.density = metadata.exif.flatMap { exif in
      exif.withUnsafeBytes { bytes in
        guard let structure = TIFFStructure(bytes, limits: limits) else { return nil }
        return structure.density(
          structure.directory(at: structure.firstDirectory) {
            [TIFFTag.xResolution, TIFFTag.yResolution, TIFFTag.resolutionUnit].contains($0)
          })
      }
    }
    return metadata
  }

  // MARK: Record

  /// The record in the last chunk of a WebP file that is as long as its header says.
  static func findRecord(_ file: FileSource) throws(FileError) -> ResultRecord? {
    let text = ResultRecord.textByteCount
    let count = 8 + text + text % 2
    guard file.byteCount >= 12 + count else { return nil }
    let head = try file.read(count: 12, at: 0)
    let length = head[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard head.starts(with: "RIFF".utf8), head[8...].elementsEqual("WEBP".utf8),
      length == file.byteCount - 8
    else { return nil }
    let last = try file.read(count: count, at: file.byteCount - count)
    guard last.starts(with: bigEndianBytes(record) + littleEndianBytes(UInt64(text), 4)) else {
      return nil
    }
    return ResultRecord(text: Array(last[8..<8 + text]))
  }
}
