import CPNG
import VMIRCore

/// A PNG file that is being read; owns the C reader.
struct PNGReader: ~Copyable {
  private let reader: OpaquePointer
  private let start: UnsafeRawBufferPointer

  /// Starts reading `bytes`, which must outlive the reader; nil without memory.
  init?(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) {
    var kept: [UInt8] = []
    for kind in PNGChunk.Kind.allCases { kept += bigEndianBytes(kind.rawValue) + [0] }
    kept += bigEndianBytes(PNGReader.animation) + [0]
    var cLimits = cpng_limits(
      chunk_byte_count: max(1, limits.chunkByteCount),
      chunk_count: UInt32(clamping: limits.chunkCount))
    guard
      let reader = cpng_reader_create(
        bytes.baseAddress, bytes.count, &cLimits, kept, Int32(kept.count / 5))
    else { return nil }
    self.reader = reader
    start = bytes
  }

  deinit { cpng_reader_destroy(reader) }

  /// Reads all before the pixels.
  ///
  /// - Throws: `corrupt`, `unsupported`.
  func readHeader() throws(PictureError) -> cpng_format {
    var format = cpng_format()
    guard cpng_read_header(reader, &format) == 0 else { throw failure() }
    return format
  }

  /// Reads the pixels and the rest of the file.
  ///
  /// - Throws: `corrupt`.
  func readPixels<Sample: FixedWidthInteger & BitwiseCopyable>(
    sampleCount: Int, zero: Sample
  ) throws(PictureError) -> [Sample] {
    var samples = [Sample](repeating: zero, count: sampleCount)
    let result = samples.withUnsafeMutableBytes {
      cpng_read_pixels(reader, $0.baseAddress, $0.count)
    }
    guard result == 0 else { throw failure() }
    return samples
  }

  /// The chunks to keep, and warnings about the others.
  func keptChunks() -> (chunks: [PNGChunk], notes: [String]) {
    var chunks: [PNGChunk] = []
    var notes = warnings()
    for index in 0..<cpng_reader_chunk_count(reader) {
      let found = cpng_reader_chunk(reader, index)
      let name = [found.name.0, found.name.1, found.name.2, found.name.3]
      let code = name.reduce(0) { $0 << 8 | UInt32($1) }
      if code == PNGReader.animation {
        notes.append("the picture is animated; only its first frame was read")
      }
      guard let kind = PNGChunk.Kind(rawValue: code) else { continue }
      // SAFETY: The reader owns `byte_count` bytes at `data` for as long as it lives.
      let data = [UInt8](UnsafeRawBufferPointer(start: found.data, count: found.byte_count))
      let chunk = PNGChunk(kind, data)
      let isRepeated = !kind.isText && chunks.contains { $0.kind == kind }
      if found.is_damaged != 0 {
        notes.append("a \(kind.name) chunk is damaged, its checksum is wrong: left out")
      } else if !chunk.isWellFormed || isRepeated {
        notes.append("a \(kind.name) chunk is \(isRepeated ? "repeated" : "malformed"): left out")
      } else {
        chunks.append(chunk)
      }
    }
    return (chunks, notes)
  }

  /// `acTL`: an animated PNG.
  private static let animation: UInt32 = 0x6163_544C

  /// `CgBI`: the first chunk of the variant that only Apple's tools read.
  private static let appleVariant: [UInt8] = [0x43, 0x67, 0x42, 0x49]

  private func failure() -> PictureError {
    if start.count >= 16, start[12..<16].elementsEqual(PNGReader.appleVariant) {
      return .unsupported(reason: "is a PNG in Apple's CgBI variant, which is not supported")
    }
    let row = cpng_reader_row(reader)
    var reason = String(cString: cpng_reader_error(reader))
    // For a bad header libpng puts the cause in a warning.
    if row < 0, let cause = warnings().first { reason += ": " + cause }
    return .corrupt(
      format: PictureFormat.png.name, reason: reason, offset: cpng_reader_offset(reader),
      row: row < 0 ? nil : Int(row))
  }

  private func warnings() -> [String] {
    var lines: [String] = []
    var line = ""
    for scalar in String(cString: cpng_reader_warnings(reader)).unicodeScalars {
      if scalar == "\n" {
        lines.append(line)
        line = ""
      } else {
        line.unicodeScalars.append(scalar)
      }
    }
    return lines
  }
}
