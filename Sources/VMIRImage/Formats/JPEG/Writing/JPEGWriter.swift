import CJPEG
import VMIRCore

/// A baseline JPEG file that is written row by row; owns the C writer.
final class JPEGWriter {
  private let writer: OpaquePointer
  private let rowByteCount: Int

  /// Starts a file of a grey or an RGB picture of 8 bits.
  ///
  /// - Parameters:
  ///   - form: Size and form of the picture.
  ///   - metadata: Whose density goes into the header.
  ///   - segments: Marker segments before the pixels.
  ///   - quality: 1 to 100.
  /// - Throws: `cannotEncode`, `outOfMemory`.
  init(
    _ form: PictureForm, _ metadata: PictureMetadata, _ segments: JPEGSegments, quality: Int
  ) throws(PictureError) {
    let density = JPEGWriter.density(metadata)
    guard
      let writer = cjpeg_writer_create(
        UInt32(clamping: form.width), UInt32(clamping: form.height),
        Int32(form.kind.channelCount), Int32(clamping: quality), density.unit, density.x, density.y,
        segments.bytes, segments.bytes.count)
    else { throw .outOfMemory }
    self.writer = writer
    rowByteCount = form.rowByteCount
    try check()
  }

  deinit { cjpeg_writer_destroy(writer) }

  /// Bytes that a writer takes: some rows of blocks, and the bytes that wait to be taken.
  static func byteCount(_ form: PictureForm) -> Int { 256 * form.rowByteCount / 2 + (1 << 20) }

  /// Adds the next rows from the top.
  ///
  /// - Throws: `cannotEncode`, also where the picture has fewer rows.
  func add(_ rows: UnsafeRawBufferPointer) throws(PictureError) {
    let result = cjpeg_writer_add(
      writer, rows.assumingMemoryBound(to: UInt8.self).baseAddress, rows.count / rowByteCount)
    guard result != 0 else { return }
    try check()
  }

  /// Gives out the bytes that were made and not taken yet.
  func take(_ body: (UnsafeRawBufferPointer) -> Bool) -> Bool {
    var byteCount = 0
    let bytes = cjpeg_writer_bytes(writer, &byteCount)
    defer { cjpeg_writer_clear(writer) }
    return body(UnsafeRawBufferPointer(start: bytes, count: byteCount))
  }

  /// The density as JFIF has it: dots an inch, or a centimetre where only that is a whole number.
  private static func density(_ metadata: PictureMetadata) -> (unit: Int32, x: UInt16, y: UInt16) {
    guard let (x, y) = metadata.density else { return (0, 1, 1) }
    func isNearlyWhole(_ value: UInt32) -> Bool {
      let inches = Double(value) * 0.0254
      return (inches - inches.rounded()).magnitude < 0.02
    }
    if x % 100 == 0, y % 100 == 0, !isNearlyWhole(x) || !isNearlyWhole(y) {
      return (2, UInt16(clamping: x / 100), UInt16(clamping: y / 100))
    }
    func inches(_ value: UInt32) -> UInt16 {
      UInt16(clamping: max(1, Int((Double(value) * 0.0254).rounded())))
    }
    return (1, inches(x), inches(y))
  }

  private func check() throws(PictureError) {
    let text = String(cString: cjpeg_writer_error(writer))
    guard text.utf8.isEmpty else { throw .cannotEncode(reason: text) }
  }
}
