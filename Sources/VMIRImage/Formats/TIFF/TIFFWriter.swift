import CZlib
import VMIRCore

/// Writes a TIFF 6.0 file row by row: strips of Deflate with a horizontal predictor, the directory
/// behind them, and the record of how the picture was made in the last bytes.
///
/// The same rows give the same bytes with the same version of zlib, however many are added at a
/// time.
final class TIFFWriter {
  private let form: PictureForm
  private let entries: TIFFDirectory
  private let record: ResultRecord?
  private let rowsPerStrip: Int
  private var pending: [UInt8] = []
  private var made: [UInt8] = []
  private var rowCount = 0
  /// Bytes that were made and taken.
  private var takenByteCount = 0
  private var strips: [(offset: Int, byteCount: Int)] = []
  private var directoryOffset = 0

  /// Bytes of a strip before compression, about.
  private static let stripByteCount = 256 << 10
  private static let compressionLevel: Int32 = 5

  /// Starts a file.
  init(_ form: PictureForm, _ metadata: PictureMetadata, _ record: ResultRecord?) {
    (self.form, self.record) = (form, record)
    entries = TIFFWriter.directory(metadata)
    rowsPerStrip = max(1, min(form.height, TIFFWriter.stripByteCount / form.rowByteCount))
    made = Array("II*\0".utf8) + [0, 0, 0, 0]
  }

  /// Bytes that a writer takes: a strip, compressed and not, and the table of strips.
  static func byteCount(_ form: PictureForm) -> Int {
    let strip = max(stripByteCount, form.rowByteCount)
    return checkedSum(4 * strip + (1 << 20), 40 * form.height) ?? .max
  }

  /// Adds the next rows from the top; with the last one the file is complete.
  ///
  /// - Throws: `cannotEncode`, also where the picture has fewer rows or the file is longer than
  ///   TIFF allows.
  func add(_ rows: UnsafeRawBufferPointer) throws(PictureError) {
    for start in stride(from: 0, to: rows.count, by: form.rowByteCount) {
      guard rowCount < form.height else { throw .cannotEncode(reason: "too many rows") }
      pending += rows[start..<start + form.rowByteCount]
      rowCount += 1
      if rowCount % rowsPerStrip == 0 || rowCount == form.height { try endStrip() }
    }
    if rowCount == form.height, directoryOffset == 0 { try end() }
  }

  /// Gives out the bytes that were made and not taken yet.
  func take(_ body: (UnsafeRawBufferPointer) -> Bool) -> Bool {
    takenByteCount += made.count
    defer { made.removeAll(keepingCapacity: true) }
    return made.withUnsafeBytes { body($0) }
  }

  /// The directory's offset, which stands in the header.
  var patch: (offset: Int, bytes: [UInt8])? {
    directoryOffset == 0 ? nil : (4, littleEndianBytes(UInt64(directoryOffset), 4))
  }

  // MARK: Strips

  private var byteCount: Int { takenByteCount + made.count }

  private func endStrip() throws(PictureError) {
    subtractNeighbours()
    var count = compressBound(uLong(pending.count))
    let start = made.count
    made.append(contentsOf: repeatElement(0, count: Int(count)))
    let result = made.withUnsafeMutableBufferPointer { bytes in
      compress2(
        bytes.baseAddress.map { $0 + start }, &count, pending, uLong(pending.count),
        TIFFWriter.compressionLevel)
    }
    guard result == Z_OK else { throw .outOfMemory }
    made.removeLast(made.count - start - Int(count))
    strips.append((takenByteCount + start, Int(count)))
    pending.removeAll(keepingCapacity: true)
    guard byteCount < 0xF000_0000 else {
      throw .cannotEncode(reason: "a TIFF file has less than 4 GB")
    }
  }

  /// Replaces each sample by its difference from the one of the pixel before it.
  private func subtractNeighbours() {
    let (channels, row) = (form.kind.channelCount, form.width * form.kind.channelCount)
    func subtract<Sample: FixedWidthInteger>(_ samples: UnsafeMutableBufferPointer<Sample>) {
      for start in stride(from: 0, to: samples.count, by: row) {
        for index in (start + channels..<start + row).reversed() {
          samples[index] = samples[index] &- samples[index - channels]
        }
      }
    }
    pending.withUnsafeMutableBytes { bytes in
      if form.bitDepth == 16 {
        subtract(bytes.assumingMemoryBound(to: UInt16.self))
      } else {
        subtract(bytes.assumingMemoryBound(to: UInt8.self))
      }
    }
  }

  // MARK: The end

  private func end() throws(PictureError) {
    if byteCount % 2 == 1 { made.append(0) }
    directoryOffset = byteCount
    var directory = entries
    directory.entries += [
      TIFFEntry(256, longs: [form.width]), TIFFEntry(257, longs: [form.height]),
      TIFFEntry(258, shorts: Array(repeating: form.bitDepth, count: form.kind.channelCount)),
      // Deflate; black is 0, or RGB.
      TIFFEntry(259, shorts: [8]), TIFFEntry(262, shorts: [form.kind.colorCount == 1 ? 1 : 2]),
      TIFFEntry(273, longs: strips.map { $0.offset }), TIFFEntry(274, shorts: [1]),
      TIFFEntry(277, shorts: [form.kind.channelCount]), TIFFEntry(278, longs: [rowsPerStrip]),
      TIFFEntry(279, longs: strips.map { $0.byteCount }), TIFFEntry(284, shorts: [1]),
      TIFFEntry(317, shorts: [2]),
    ]
    // Alpha that colours were not multiplied with.
    if form.kind.hasAlpha { directory.entries.append(TIFFEntry(338, shorts: [2])) }
    made += directory.bytes(at: directoryOffset)
    if let record { made += ResultRecord.textKeyword + record.text }
    guard byteCount < 0xFFFF_FFFF else {
      throw .cannotEncode(reason: "a TIFF file has less than 4 GB")
    }
  }

  /// The entries that hold metadata.
  private static func directory(_ metadata: PictureMetadata) -> TIFFDirectory {
    var directory = metadata.exif.flatMap { TIFFDirectory(exif: $0) } ?? TIFFDirectory()
    if let (x, y) = metadata.density {
      // In dots an inch to a thousandth, as programs show it.
      func inches(_ value: UInt32) -> Int {
        let thousandths = Int((Double(value) * 25.4).rounded())
        let whole = (thousandths + 500) / 1000 * 1000
        return (whole - thousandths).magnitude <= 13 ? whole : thousandths
      }
      directory.entries += [
        TIFFEntry(TIFFTag.xResolution, inches(x), over: 1000),
        TIFFEntry(TIFFTag.yResolution, inches(y), over: 1000),
        TIFFEntry(TIFFTag.resolutionUnit, shorts: [2]),
      ]
    }
    if let xmp = metadata.xmp, !xmp.isEmpty {
      directory.entries.append(TIFFEntry(TIFFTag.xmp, bytes: xmp, type: 1))
    }
    if let iptc = metadata.iptc, !iptc.isEmpty {
      directory.entries.append(TIFFEntry(TIFFTag.iptc, bytes: iptc))
    }
    if let profile = metadata.profile, !profile.isEmpty {
      directory.entries.append(TIFFEntry(TIFFTag.profile, bytes: profile))
    }
    return directory
  }

  /// The record in the last bytes of a TIFF file whose directory is in it.
  static func findRecord(_ file: FileSource) throws(FileError) -> ResultRecord? {
    let count = ResultRecord.textByteCount
    guard file.byteCount >= 8 + count else { return nil }
    let head = try file.read(count: 8, at: 0)
    let offset = head[4...].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard head.starts(with: "II*\0".utf8), offset >= 8, offset <= file.byteCount - count else {
      return nil
    }
    return ResultRecord(text: try file.read(count: count, at: file.byteCount - count))
  }
}

extension PictureEncoder {
  /// TIFF, row by row.
  static let tiff: PictureEncoder = PictureEncoder(
    sideLimit: (1 << 31) - 1, bitDepthLimit: 16, hasAlpha: true, defaultQuality: nil,
    byteCount: { form, _ in TIFFWriter.byteCount(form) },
    start: { (form, chunks, record, _) throws(PictureError) in
      let metadata = PictureMetadata(chunks, for: form.kind, in: PictureFormat.tiff.name)
      let writer = TIFFWriter(form, metadata, record)
      return StartedFile(
        add: { (rows) throws(PictureError) in try writer.add(rows) },
        take: { body in writer.take(body) }, patch: { writer.patch }, notes: metadata.notes)
    })
}
