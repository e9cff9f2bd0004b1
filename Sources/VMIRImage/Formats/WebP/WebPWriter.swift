import CWebP
import VMIRCore

/// Writes a WebP file, which libwebp makes of all rows at once; owns the C writer.
final class WebPWriter {
  private let writer: OpaquePointer
  private let form: PictureForm
  private let metadata: PictureMetadata
  private let record: ResultRecord?
  private var isTaken = false

  /// Starts a file of a picture of 8 bits.
  ///
  /// - Throws: `cannotEncode`, `outOfMemory`.
  init(
    _ form: PictureForm, _ metadata: PictureMetadata, _ record: ResultRecord?, quality: Int,
    threadCount: Int
  ) throws(PictureError) {
    guard
      let writer = cwebp_writer_create(
        UInt32(clamping: form.width), UInt32(clamping: form.height),
        Int32(form.kind.channelCount), Int32(clamping: quality), Int32(clamping: threadCount))
    else { throw .outOfMemory }
    self.writer = writer
    (self.form, self.metadata, self.record) = (form, metadata, record)
    try check()
  }

  deinit { cwebp_writer_destroy(writer) }

  /// Bytes that a writer takes: the pixels in four bytes, and what the encoder needs of them, which
  /// is most without losses, as alpha is always kept; the file.
  static func byteCount(_ form: PictureForm, quality: Int) -> Int {
    let bytesPerPixel = quality >= 100 || form.kind.hasAlpha ? 40 : 12
    return checkedProduct([form.width, form.height, bytesPerPixel])
      .flatMap { checkedSum($0, 16 << 20) } ?? .max
  }

  /// Adds the next rows from the top; with the last one the file is made.
  ///
  /// - Throws: `cannotEncode`, also where the picture has fewer rows.
  func add(_ rows: UnsafeRawBufferPointer) throws(PictureError) {
    let result = cwebp_writer_add(
      writer, rows.assumingMemoryBound(to: UInt8.self).baseAddress,
      rows.count / form.rowByteCount)
    guard result != 0 else { return }
    try check()
  }

  /// Gives out the file once it is made.
  func take(_ body: (UnsafeRawBufferPointer) -> Bool) -> Bool {
    guard cwebp_writer_is_done(writer) != 0, !isTaken else { return true }
    isTaken = true
    return file().withUnsafeBytes { body($0) }
  }

  /// The encoded picture in a container with all else.
  private func file() -> [UInt8] {
    var byteCount = 0
    let bytes = UnsafeRawBufferPointer(
      start: cwebp_writer_bytes(writer, &byteCount), count: byteCount)
    let encoded = WebPChunks(bytes)
    var exif = metadata.exif
    if let density = metadata.density { exif = EXIFDensity.set(density, in: exif) }
    // Which chunks there are; alpha is told by the form, as libwebp leaves out one that hides
    // nothing.
    let hasAlpha = encoded.content(WebPChunks.alpha) != nil || isLosslessWithAlpha(encoded, bytes)
    var flags: UInt8 = hasAlpha ? 0x10 : 0
    if metadata.profile != nil { flags |= 0x20 }
    if exif != nil { flags |= 0x08 }
    if metadata.xmp != nil { flags |= 0x04 }
    var chunks = WebPChunks.chunk(
      WebPChunks.extended,
      [flags, 0, 0, 0] + littleEndianBytes(UInt64(form.width - 1), 3)
        + littleEndianBytes(UInt64(form.height - 1), 3))
    if let profile = metadata.profile {
      chunks += WebPChunks.chunk(WebPChunks.profile, profile)
    }
    for name in [WebPChunks.alpha, WebPChunks.lossy, WebPChunks.lossless] {
      if let content = encoded.content(name) {
        chunks += WebPChunks.chunk(name, [UInt8](bytes[content]))
      }
    }
    if let exif { chunks += WebPChunks.chunk(WebPChunks.exif, exif) }
    if let xmp = metadata.xmp { chunks += WebPChunks.chunk(WebPChunks.xmp, xmp) }
    if let record {
      chunks += WebPChunks.chunk(WebPChunks.record, ResultRecord.textKeyword + record.text)
    }
    return Array("RIFF".utf8) + littleEndianBytes(UInt64(4 + chunks.count), 4)
      + Array("WEBP".utf8) + chunks
  }

  /// The bit of a picture without losses that says whether its alpha is used.
  private func isLosslessWithAlpha(
    _ encoded: WebPChunks, _ bytes: UnsafeRawBufferPointer
  ) -> Bool {
    guard let content = encoded.content(WebPChunks.lossless), content.count >= 5 else {
      return false
    }
    return bytes[content.lowerBound + 4] & 0x10 != 0
  }

  private func check() throws(PictureError) {
    let text = String(cString: cwebp_writer_error(writer))
    guard text.utf8.isEmpty else { throw .cannotEncode(reason: text) }
  }
}

extension PictureEncoder {
  /// WebP, with losses below quality 100.
  static let webP: PictureEncoder = PictureEncoder(
    sideLimit: 16383, bitDepthLimit: 8, hasAlpha: true, defaultQuality: 90,
    byteCount: { form, options in
      WebPWriter.byteCount(form, quality: options.quality ?? 90)
    },
    start: { (form, chunks, record, options) throws(PictureError) in
      // Pixels are RGB, whatever the picture was.
      var metadata = PictureMetadata(chunks, for: .rgb, in: PictureFormat.webP.name)
      if metadata.iptc != nil {
        metadata.notes.append("WebP has no place for IPTC data: left out")
      }
      let writer = try WebPWriter(
        form, metadata, record, quality: options.quality ?? 90, threadCount: options.threadCount)
      return StartedFile(
        add: { (rows) throws(PictureError) in try writer.add(rows) },
        take: { body in writer.take(body) }, notes: metadata.notes)
    })
}
