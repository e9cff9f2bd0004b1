/// A file type detected by its signature, whether or not this package reads it.
public enum FileKind: Equatable, Sendable, CaseIterable {
  case empty, unknown
  // Nothing that could be used.
  case html, gitLFSPointer, json
  // Compressed files and archives.
  case gzip, xz, bzip2, zstd, sevenZip, rar, tar, zip
  // Networks that can be used or converted.
  case vmir, torchCheckpoint, pickle, safetensors, onnx
  // Networks of other programs.
  case onnxRuntime, torchScript, tensorFlow, tensorFlowLite, hdf5, coreML, openVINO, ncnn, gguf
  // Pictures and arrays.
  case png, jpeg, jpegXL, jpeg2000, webP, gif, bmp, tiff, heif, photoshop, npy, numpyArchive

  /// Bytes of a file's start that are looked at.
  package static let headByteCount = 512

  /// The kind of a file that is these bytes.
  package init(_ bytes: UnsafeRawBufferPointer) {
    self.init(head: Array(bytes.prefix(FileKind.headByteCount)), byteCount: bytes.count)
  }

  /// Whether it holds a picture.
  public var isPicture: Bool {
    switch self {
    case .png, .jpeg, .jpegXL, .jpeg2000, .webP, .gif, .bmp, .tiff, .heif, .photoshop: true
    case .empty, .unknown, .html, .gitLFSPointer, .json, .gzip, .xz, .bzip2, .zstd, .sevenZip,
      .rar, .tar, .zip, .vmir, .torchCheckpoint, .pickle, .safetensors, .onnx, .onnxRuntime,
      .torchScript, .tensorFlow, .tensorFlowLite, .hdf5, .coreML, .openVINO, .ncnn, .gguf, .npy,
      .numpyArchive:
      false
    }
  }

  /// Tells a file.
  ///
  /// - Parameters:
  ///   - head: Its first bytes, `headByteCount` of them or all.
  ///   - byteCount: Bytes of the whole file.
  package init(head: [UInt8], byteCount: Int) {
    let head = head.prefix(FileKind.headByteCount)
    if head.isEmpty {
      self = .empty
    } else if FileKind.isSafetensors(head, byteCount: byteCount) {
      // First: the length that it starts with may look like any other start.
      self = .safetensors
    } else if let kind = FileKind.signatures.first(where: { has(head, $0.1, at: $0.2) })?.0 {
      self = kind == .zip ? FileKind.zip(head) : kind
    } else if let kind = FileKind.message(head) {
      self = kind
    } else {
      self = FileKind.text(head)
    }
  }

  /// Kinds, the bytes that tell them, and where those stand.
  package static let signatures: [(kind: FileKind, bytes: [UInt8], offset: Int)] = [
    (.vmir, Array("VMIR".utf8), 1),
    (.zip, [0x50, 0x4B, 3, 4], 0), (.zip, [0x50, 0x4B, 5, 6], 0),
    (.gzip, [0x1F, 0x8B], 0), (.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], 0),
    (.bzip2, Array("BZh".utf8), 0), (.zstd, [0x28, 0xB5, 0x2F, 0xFD], 0),
    (.sevenZip, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], 0), (.rar, Array("Rar!".utf8), 0),
    (.tar, Array("ustar".utf8), 257),
    (.onnxRuntime, Array("ORTM".utf8), 4), (.tensorFlowLite, Array("TFL3".utf8), 4),
    (.torchScript, Array("PTMF".utf8), 4),
    (.hdf5, [0x89, 0x48, 0x44, 0x46], 0), (.gguf, Array("GGUF".utf8), 0),
    // Magic numbers of .param as text and in binary, and of .bin with half-precision weights.
    (.ncnn, Array("7767517".utf8), 0), (.ncnn, [0xDD, 0x85, 0x76, 0], 0),
    (.ncnn, [0x47, 0x6B, 0x30, 0x01], 0),
    (.png, [0x89, 0x50, 0x4E, 0x47], 0), (.jpeg, [0xFF, 0xD8, 0xFF], 0),
    (.gif, Array("GIF8".utf8), 0), (.webP, Array("WEBP".utf8), 8),
    (.jpegXL, [0xFF, 0x0A], 0), (.jpegXL, Array("JXL ".utf8), 4),
    (.jpeg2000, Array("jP  ".utf8), 4), (.heif, Array("ftyp".utf8), 4),
    (.photoshop, Array("8BPS".utf8), 0),
    (.tiff, [0x49, 0x49, 0x2A, 0], 0), (.tiff, [0x4D, 0x4D, 0, 0x2A], 0),
    (.tiff, [0x49, 0x49, 0x2B, 0], 0), (.tiff, [0x4D, 0x4D, 0, 0x2B], 0),
    (.npy, [0x93] + Array("NUMPY".utf8), 0),
    (.bmp, Array("BM".utf8), 0),
  ]

  /// What a zip archive is, by the name of its first member.
  private static func zip(_ head: ArraySlice<UInt8>) -> FileKind {
    guard head.count > 30 else { return .zip }
    let name = head.dropFirst(30).prefix(Int(head[26]) | Int(head[27]) << 8)
    func ends(_ text: String) -> Bool {
      name.count >= text.utf8.count && name.suffix(text.utf8.count).elementsEqual(text.utf8)
    }
    if ends("constants.pkl") || ends(".py") { return .torchScript }
    for part in ["data.pkl", "/.format_version", "/.storage_alignment", "/byteorder", "/version"]
    where ends(part) {
      return .torchCheckpoint
    }
    return ends(".npy") ? .numpyArchive : .zip
  }

  /// Pickles, and messages of protobuf: models of ONNX, TensorFlow and Core ML.
  private static func message(_ head: ArraySlice<UInt8>) -> FileKind? {
    guard head.count >= 3 else { return nil }
    let bytes = Array(head)
    if bytes[0] == 0x80, (2...5).contains(bytes[1]) {
      // The number that a file of torch.save before 1.6 starts with.
      return has(head, [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20], at: 2)
        ? .torchCheckpoint : .pickle
    }
    if bytes[0] == 0x08, (1..<0x40).contains(bytes[1]) {
      let (field, wire) = (bytes[2] >> 3, bytes[2] & 7)
      // What stands second is a text in ONNX, a message in the others.
      if bytes[2] == 0x12, bytes.count > 4 {
        let isLong = bytes[3] >= 0x80
        if bytes.count > 5, bytes[isLong ? 5 : 4] == 0x0A {
          return bytes[1] == 1 ? .tensorFlow : .coreML
        }
      }
      return (wire == 2 && (2...15).contains(field)) || (wire == 0 && field == 5) ? .onnx : nil
    }
    let isGraph = bytes[0] == 0x0A && (contains(head, "Placeholder") || contains(head, "Const"))
    return isGraph ? .tensorFlow : nil
  }

  /// The header's length, then JSON text; the length must fit into the file.
  private static func isSafetensors(_ head: ArraySlice<UInt8>, byteCount: Int) -> Bool {
    guard head.count > 8, head[8] == UInt8(ascii: "{"), byteCount >= 8 else { return false }
    let length = head[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return length >= 2 && length <= UInt64(byteCount - 8)
  }

  private static func text(_ head: ArraySlice<UInt8>) -> FileKind {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
    let text = head.dropFirst(has(head, mark, at: 0) ? 3 : 0).drop(while: isSpace)
    if has(text, Array("version https://git-lfs".utf8), at: 0) { return .gitLFSPointer }
    if has(text, Array("model_checkpoint_path:".utf8), at: 0) { return .tensorFlow }
    if text.first == UInt8(ascii: "<") { return contains(text, "<net") ? .openVINO : .html }
    let inner = text.dropFirst().drop(while: isSpace).first
    let isJSON = text.first == UInt8(ascii: "{") && inner == UInt8(ascii: "\"")
    return isJSON ? .json : .unknown
  }
}

private func has(_ bytes: ArraySlice<UInt8>, _ wanted: [UInt8], at offset: Int) -> Bool {
  bytes.dropFirst(offset).starts(with: wanted)
}

private func contains(_ bytes: ArraySlice<UInt8>, _ wanted: String) -> Bool {
  var rest = bytes
  while !rest.isEmpty {
    if rest.starts(with: wanted.utf8) { return true }
    rest = rest.dropFirst()
  }
  return false
}
