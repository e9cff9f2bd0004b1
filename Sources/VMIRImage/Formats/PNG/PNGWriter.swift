import CPNG
import VMIRCore

/// Writes a PNG file row by row, not interlaced, its chunks before the pixels.
///
/// The same picture always gives the same bytes with the same version of zlib, for any number of
/// threads and however many rows are added at a time.
package final class PNGWriter {
  private let writer: OpaquePointer
  private let rowByteCount: Int

  /// Starts a file.
  ///
  /// - Parameters:
  ///   - form: Size and form of the picture.
  ///   - chunks: Chunks that stand before the pixels.
  ///   - threadCount: Threads that work, the calling one included.
  /// - Throws: `cannotEncode`, `outOfMemory`.
  package init(
    _ form: PictureForm, chunks: [PNGChunk], threadCount: Int
  ) throws(PictureError) {
    var chunkBytes: [UInt8] = []
    for chunk in chunks {
      guard chunk.data.count <= 0x7FFF_FFFF else {
        throw .cannotEncode(reason: "the \(chunk.kind.name) chunk is too long")
      }
      chunkBytes += bigEndianBytes(UInt32(chunk.data.count))
      chunkBytes += bigEndianBytes(chunk.kind.rawValue) + chunk.data
    }
    var format = cpng_format(form)
    guard
      let writer = cpng_writer_create(
        &format, chunkBytes, chunkBytes.count, Int32(clamping: threadCount))
    else { throw .outOfMemory }
    self.writer = writer
    rowByteCount = form.rowByteCount
    try check()
  }

  deinit { cpng_writer_destroy(writer) }

  /// Adds the next rows from the top; with the last one the file is complete.
  ///
  /// - Parameter rows: Whole rows of samples, `[count, width, channels]`, 16-bit samples in the
  ///   machine's order.
  /// - Throws: `cannotEncode`, also where the picture has fewer rows.
  package func add(_ rows: UnsafeRawBufferPointer) throws(PictureError) {
    guard cpng_writer_add(writer, rows.baseAddress, rows.count / rowByteCount) != 0 else { return }
    try check()
  }

  /// Takes the bytes of the file that were made and not taken yet; valid only during the call.
  package func take<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    var byteCount = 0
    let bytes = cpng_writer_bytes(writer, &byteCount)
    defer { cpng_writer_clear(writer) }
    return body(UnsafeRawBufferPointer(start: bytes, count: byteCount))
  }

  /// Bytes of memory that a writer takes at most, whose bytes are taken after each row.
  package static func byteCount(_ form: PictureForm, threadCount: Int) -> Int {
    var format = cpng_format(form)
    return Int(clamping: cpng_writer_memory(&format, Int32(clamping: threadCount)))
  }

  private func check() throws(PictureError) {
    let text = String(cString: cpng_writer_error(writer))
    guard text.utf8.isEmpty else { throw .cannotEncode(reason: text) }
  }
}

extension cpng_format {
  fileprivate init(_ form: PictureForm) {
    self.init()
    width = UInt32(clamping: form.width)
    height = UInt32(clamping: form.height)
    channels = Int32(form.kind.channelCount)
    bit_depth = Int32(form.bitDepth)
  }
}
